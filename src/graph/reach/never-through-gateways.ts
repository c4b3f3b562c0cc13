import type { Workload, WorkloadPort } from '../../model/inventory/types.ts';
import type { Request } from '../../result/request.ts';
import { all, any, type Axis, type Formula, not } from '../../semantics/algebra/formula.ts';
import type { Region } from '../../semantics/algebra/region.ts';
import { symbolicOf } from '../../semantics/algebra/symbolic.ts';
import { withPeer } from '../../semantics/algebra/with-peer.ts';
import { queryOfModel } from '../../semantics/algebra/witness.ts';
import { valueMatcher } from '../../semantics/authz/value-matcher.ts';
import { decide } from '../../semantics/decide.ts';
import { changesOn, filtersLeft } from '../../semantics/patches/filters-left.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { resolveRequest } from '../../semantics/resolve-request.ts';
import type { Verdict } from '../../semantics/verdict.ts';
import type { Entrance, Facts } from '../facts.ts';
import { exempt, exemptIn, type Unless } from './exempt.ts';
import type { NeverAnswer } from './never-answer.ts';
import { waysTo } from './port-reach.ts';

/** A gateway's own view: another path than behind it, since routes may rewrite, and tokens by its own rules. */
const GATEWAY: { readonly token: Axis; readonly path: Axis } = {
  token: { key: 'token at the gateway', kind: 'token' },
  path: { key: 'path at the gateway', kind: 'one' },
};

/**
 * The same from the internet through gateways that route to the port: whatever a gateway's policies let in may arrive behind it as the
 * gateway. Routes are not looked at, so that a proof holds for every route; a request that refutes is sent through the gateway and decided.
 */
export function* neverThroughGateways(
  { enforcement }: Facts,
  workload: Workload,
  port: WorkloadPort,
  entrances: readonly Entrance[],
  unless: Unless | undefined,
): Iterable<NeverAnswer> {
  const gateways = new Map<string, Entrance[]>();
  for (const entrance of entrances) {
    if (!entrance.gateway || entrance.verdict.outcome === 'deny') continue;
    const key = `${entrance.gateway.id}:${entrance.request.to.port}:${entrance.request.http ? 'http' : 'tcp'}`;
    gateways.set(key, [...(gateways.get(key) ?? []), entrance]);
  }
  for (const group of gateways.values()) {
    const [first] = group;
    if (!first?.gateway) continue;
    for (const region of waysTo(enforcement, workload, port)) {
      const peer = region.transport === 'mtls' ? first.gateway.identity : null;
      if (region.transport === 'mtls' && peer === null) continue;
      const formula = requestsThrough(enforcement, first, region, peer, unless);
      const model = region.solver.find(formula);
      if (!model) continue;
      const like = queryOfModel({ region, formula, model });
      yield refuteWith(enforcement, group, { like: like.http, unless, to: `${workload.id}:${port.port}` });
    }
  }
}

function requestsThrough(
  enforcement: Enforcement,
  { gateway, request }: Entrance,
  region: Region,
  peer: string | null,
  unless: Unless | undefined,
): Formula {
  const behind = withPeer(all([region.mayPass, not(exemptIn(enforcement, region, unless))]), peer);
  if (!gateway) return behind;
  const protocol = request.http ? 'http' : 'tcp';
  const bundle = enforcement.bundleOf(enforcement.configOf(gateway));
  const { port } = request.to;
  const envoy = enforcement.envoy(gateway);
  const filters = { chain: envoy[protocol], providers: envoy.providers };
  const { jwt } = unless ?? {};
  // What may pass under some reading of what patches take away there.
  const through = filtersLeft(changesOn(enforcement.changesAt(gateway), protocol, port), filters).map((left) => {
    const point = { bundle, port, identified: false, destinationIp: undefined, own: GATEWAY };
    const sets = symbolicOf(enforcement).chain(left, point);
    // A token that the gateway validated exempts as well as one that the workload did.
    const exemptThere =
      jwt === undefined ? [] : [not(exempt(enforcement, { jwt }, { sets, protocol, port, identified: false }))];
    return all([sets.passes, ...exemptThere]);
  });
  return all([behind, any(through)]);
}

interface Refuting {
  readonly like: Request['http'] | undefined;
  readonly unless: Unless | undefined;
  readonly to: string;
}

/** Sends what was found through each route, and the requests that are known to take the routes. */
function refuteWith(enforcement: Enforcement, group: readonly Entrance[], { like, unless, to }: Refuting): NeverAnswer {
  for (const { request, verdict } of group) {
    const { jwt: _token, ...bare } = request;
    const candidates: Request[] = [
      ...(request.http && like ? [{ ...bare, http: { ...request.http, method: like.method, path: like.path } }] : []),
      ...(request.http && like ? [{ ...bare, http: { ...request.http, method: like.method } }] : []),
      ...(verdict.outcome === 'allow' ? [request] : []),
    ];
    for (const candidate of candidates) {
      if (isExempt(candidate, unless)) continue;
      const again = candidate === request ? verdict : decideFresh(enforcement, candidate);
      if (again?.outcome === 'allow' && (candidate === request || again.routed === routedOf(enforcement, request)))
        return { kind: 'refuted', request: candidate, verdict: again };
    }
  }
  return {
    kind: 'open',
    why: `policies let a request pass through ${group[0]?.gateway?.id} to ${to}, but none was found that takes its routes`,
  };
}

function decideFresh(enforcement: Enforcement, request: Request): Verdict | undefined {
  const queries = resolveRequest(enforcement.mesh, request);
  return 'error' in queries || !queries[0] ? undefined : decide(enforcement, { ...queries[0], client: 'attacker' });
}

const routedOf = (enforcement: Enforcement, request: Request): string | undefined =>
  decideFresh(enforcement, request)?.routed;

function isExempt({ jwt, http, to }: Request, unless: Unless | undefined): boolean {
  if (!unless) return false;
  const fits = (patterns: readonly string[] | undefined, value: string): boolean =>
    patterns === undefined || patterns.some((pattern) => valueMatcher(pattern, 'any')(value));
  if (unless.principals) return false;
  if (unless.jwt !== undefined && (!jwt || (unless.jwt !== 'any' && jwt.payload.iss !== unless.jwt))) return false;
  if (unless.ports && !unless.ports.includes(to.port)) return false;
  if (!unless.http) return true;
  return http !== undefined && fits(unless.http.methods, http.method) && fits(unless.http.paths, http.path);
}
