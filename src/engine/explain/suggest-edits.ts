import type { Request } from '../../result/request.ts';
import type { Clause, CompiledPolicy, CompiledRule } from '../../semantics/authz/compile.ts';
import { matchRule } from '../../semantics/authz/evaluate.ts';
import type { View } from '../../semantics/authz/view.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { indexGateways } from '../../semantics/gateway/index-gateways.ts';
import { type InternetRoute, routesOf } from '../../semantics/gateway/routes-of.ts';
import type { Judged } from '../../semantics/judged.ts';
import type { EndpointAnswer } from '../answer-request.ts';
import { byDimension, candidateEdits, type Scene } from './candidate-edits.ts';
import { type Dimension, type Edit, editAttribute, editHandshake, editToken } from './edit.ts';
import { acceptedBy } from './read-token.ts';

/** Changes that belong together: a rule may ask for several things at once. */
export type Combination = readonly Edit[];

const MOST_RULES = 40;
const MOST_PER_DIMENSION = 3;

/**
 * What is worth changing about a request to get the other verdict: read off the clauses of the rules that were asked. A suggestion is never
 * an answer; whoever uses one decides it.
 */
export function suggestEdits(
  enforcement: Enforcement,
  request: Request,
  { query, verdict, judged }: EndpointAnswer,
  wanted: 'allow' | 'deny',
): readonly Combination[] {
  const destination = query?.destination.workload;
  const via = query?.destination.via;
  const listeners = destination && indexGateways(enforcement).byWorkload.get(destination)?.listeners;
  const declared = listeners ?? via?.service.ports ?? destination?.ports ?? [];
  const ports = declared.map(({ port }) => port);
  const sceneAt = (each: Pick<Judged, 'view' | 'providers'>): Scene => ({
    mesh: enforcement.mesh,
    request,
    view: each.view,
    providers: each.providers,
    ports,
    destination,
  });
  const found: Combination[] = [];
  for (const each of judged) {
    const scene = sceneAt(each);
    const { custom, deny, allow } = each.chain;
    const refusing = [
      ...deny,
      ...custom.filter(({ effect }) => effect === 'refuse').flatMap(({ policies }) => policies),
    ];
    if (wanted === 'allow') {
      found.push(...toMatch(scene, allow), ...toMiss(scene, refusing));
      const stop = verdict.trace.at(-1);
      if (stop?.stage === 'jwt') {
        found.push([editToken(null)]);
        for (const provider of each.providers) found.push([editToken({ ...acceptedBy(provider, {}), sub: 'someone' })]);
      }
    } else {
      found.push(...toMiss(scene, allow), ...toMatch(scene, refusing));
    }
  }
  const [first] = judged;
  const anywhere = first ? sceneAt(first) : sceneAt({ view: blankView(request), providers: [] });
  for (const dimension of GENERAL) found.push(...candidateEdits(anywhere, dimension, [], true).map((edit) => [edit]));
  return [...found, ...routes(enforcement, request)];
}

const GENERAL: readonly Dimension[] = ['transport', 'port', 'identity'];

/** Everything that a rule asks for and the request has not, at once. */
function toMatch(scene: Scene, policies: readonly CompiledPolicy[]): readonly Combination[] {
  const rules = policies.flatMap((policy) => policy.rules).slice(0, MOST_RULES);
  return rules.flatMap((rule) => alternativesOf(rule).flatMap((clauses) => satisfy(scene, clauses)));
}

/** Any one thing that a rule asks for taken away. */
function toMiss(scene: Scene, policies: readonly CompiledPolicy[]): readonly Combination[] {
  const rules = policies.flatMap((policy) => policy.rules).slice(0, MOST_RULES);
  return rules
    .filter((rule) => matchRule(rule, scene.view) !== false)
    .flatMap((rule) =>
      alternativesOf(rule)
        .filter((clauses) => clauses.every((clause) => clause.test(scene.view) !== false))
        .flatMap((clauses) => breakOne(scene, clauses)),
    );
}

function alternativesOf({ from, to, when }: CompiledRule): readonly (readonly Clause[])[] {
  return (from ?? [[]]).flatMap((source) => (to ?? [[]]).map((operation) => [...source, ...operation, ...when]));
}

function satisfy(scene: Scene, clauses: readonly Clause[]): readonly Combination[] {
  const failing = clauses.filter((clause) => clause.test(scene.view) === false);
  const groups = byDimension(failing);
  if (failing.length === 0 || !groups) return [];
  let combinations: readonly Combination[] = [[]];
  for (const dimension of groups.keys()) {
    const about = clauses.filter((clause) => byDimension([clause])?.has(dimension));
    const edits = candidateEdits(scene, dimension, about, true).slice(0, MOST_PER_DIMENSION);
    combinations = combinations.flatMap((combination) => edits.map((edit) => [...combination, edit])).slice(0, 9);
  }
  return combinations;
}

function breakOne(scene: Scene, clauses: readonly Clause[]): readonly Combination[] {
  return clauses.flatMap((clause) => {
    const dimension = [...(byDimension([clause])?.keys() ?? [])][0];
    if (!dimension) return [];
    return candidateEdits(scene, dimension, [clause], false)
      .slice(0, MOST_PER_DIMENSION)
      .map((edit) => [edit]);
  });
}

const MOST_ROUTES = 40;
const ROUTES = new WeakMap<Enforcement, readonly InternetRoute[]>();

/** At a gateway, what its routes take: handshake, host, path and method. */
function routes(enforcement: Enforcement, request: Request): readonly Combination[] {
  const { gateway, port } = request.to;
  const { http, tls } = request;
  if (gateway === undefined) return [];
  const all = ROUTES.get(enforcement) ?? routesOf(enforcement, indexGateways(enforcement));
  ROUTES.set(enforcement, all);
  const own = all.filter((route) => route.gateway.id === gateway && route.listener.port === port).slice(0, MOST_ROUTES);
  return own.flatMap(({ query }) => {
    const asks = query.http;
    if ((asks === undefined) !== (http === undefined)) return [];
    const edits = [
      ...(query.tls?.sni === tls?.sni && (query.tls === undefined) === (tls === undefined)
        ? []
        : [editHandshake(query.tls)]),
      ...(asks && http && asks.host !== http.host ? [editAttribute('host', asks.host, http.host)] : []),
      ...(asks && http && asks.path !== http.path ? [editAttribute('path', asks.path, http.path)] : []),
      ...(asks && http && asks.method !== http.method ? [editAttribute('method', asks.method, http.method)] : []),
    ];
    return edits.length > 0 ? [edits] : [];
  });
}

/** Where nothing was asked (a refused handshake), only who sends and where to can be changed. */
const blankView = ({ to }: Request): View => ({
  peer: null,
  sourceIp: undefined,
  remoteIp: undefined,
  destinationIp: undefined,
  port: to.port,
  sni: '',
  claims: undefined,
});
