import type { Principal, Workload, WorkloadPort } from '../../model/inventory/types.ts';
import { groupBy } from '../../util/group-by.ts';
import type { By } from '../../result/location.ts';
import { decide } from '../../semantics/decide.ts';
import { type ExposureLevel, gatewayExposure } from '../../semantics/gateway/exposure.ts';
import type { InternetRoute } from '../../semantics/gateway/routes-of.ts';
import type { Query } from '../../semantics/query.ts';
import type { Verdict } from '../../semantics/verdict.ts';
import { decideWay } from '../decide-way.ts';
import { waysThrough } from '../entrances.ts';
import type { Facts } from '../facts.ts';
import { isPublicEndpoint } from '../public-endpoints.ts';
import { requestOf } from '../request-of.ts';
import { forgersOf } from './forgers.ts';
import type { DirectGrant, GatewayGrant } from './grant.ts';
import { isObservability } from './observability.ts';
import { tokenlessCause } from './tokenless-cause.ts';

/** Gateways that the internet reaches serve everybody anyway, and by their routes nobody inside gets further than from there. */
const INSIDE: ReadonlySet<ExposureLevel> = new Set<ExposureLevel>(['cluster', 'node-network']);

/**
 * Gateways as confused deputies: what somebody inside the cluster gets to by asking a gateway, which the destination lets in. Only gateways that
 * the internet does not reach. Routes that ask for a token or an authorizer's consent are for whoever has that, and where one logs in, or is
 * asked who somebody is, is for everybody.
 */
export function* gatewayGrants(facts: Facts, direct: readonly DirectGrant[]): Iterable<GatewayGrant> {
  if (routesInside(facts).size === 0) return;
  const byWorkload = groupBy(direct, ({ workload }) => workload);
  for (const workload of routesInside(facts).keys()) {
    const openings = byWorkload.get(workload) ?? [];
    for (const port of workload.ports) yield* gatewayGrantsOf(facts, workload, port, openings);
  }
}

/** Those to one port; `direct` are the openings of the workload itself. */
export function* gatewayGrantsOf(
  facts: Facts,
  workload: Workload,
  port: WorkloadPort,
  direct: readonly DirectGrant[],
): Iterable<GatewayGrant> {
  const flows = facts.wanted.to(workload).filter((flow) => (flow.port ?? port.port) === port.port);
  const meant = new Set(flows.flatMap(({ from }) => (from === 'internet' ? [] : [from])));
  const isPublic = flows.some(({ from }) => from === 'internet');
  if (isObservability(port) || isPublic || forgersOf(facts).has(workload)) return;
  const openings = direct.filter((grant) => grant.port === port && grant.who.kind !== 'workloads');
  const routes = (routesInside(facts).get(workload) ?? []).filter((route) => leadsTo(route, workload, port));
  for (const [gateway, own] of groupBy(routes, (route) => route.gateway)) {
    const found = easiest(facts, own, workload, port);
    if (!found) continue;
    const { route, query, verdict } = found;
    const why = `${gateway.id} asks for it as itself: ${route.match} of ${route.by.kind} ${route.by.namespace}/${route.by.name} leads to ${route.service}:${route.servicePort}`;
    yield {
      workload,
      port,
      who: query.source.identity === null ? { kind: 'anyone' } : { kind: 'any-identity', except: new Set() },
      beyondWanted: false,
      meant,
      verdict,
      cause: causeOf(facts, found, workload, port),
      through: { gateway, query, why, direct: openings },
    };
  }
}

const KNOWN = new WeakMap<object, ReadonlyMap<Workload, readonly InternetRoute[]>>();

/** Routes of gateways that only the cluster reaches, by the workloads behind them. */
function routesInside({ mesh, entrances }: Facts): ReadonlyMap<Workload, readonly InternetRoute[]> {
  let known = KNOWN.get(entrances);
  if (!known) {
    const levels = new Map<Workload, ExposureLevel>();
    const levelOf = (gateway: Workload): ExposureLevel => {
      const level = levels.get(gateway) ?? gatewayExposure(mesh, gateway).exposed;
      levels.set(gateway, level);
      return level;
    };
    const pairs = entrances.routes
      .filter(({ mirrored, external, identity }) => !mirrored && !external && identity === 'gateway')
      .filter(({ gateway }) => INSIDE.has(levelOf(gateway)))
      .flatMap((route) => [...new Set(route.workloads.map(({ workload }) => workload))].map((to) => ({ to, route })))
      .filter(({ to }) => to.dataPlane.kind !== 'gateway');
    known = new Map([...groupBy(pairs, ({ to }) => to)].map(([to, own]) => [to, own.map(({ route }) => route)]));
    KNOWN.set(entrances, known);
  }
  return known;
}

const leadsTo = ({ workloads }: InternetRoute, workload: Workload, { port }: WorkloadPort): boolean =>
  workloads.some((endpoint) => endpoint.workload === workload && endpoint.port === port);

interface Passing {
  readonly route: InternetRoute;
  readonly query: Query;
  readonly verdict: Verdict;
}

/** The request that asks least of a caller; of those that ask the same, one without an identity. */
function easiest(
  { enforcement }: Facts,
  routes: readonly InternetRoute[],
  workload: Workload,
  port: WorkloadPort,
): Passing | undefined {
  let best: Passing | undefined;
  for (const route of routes) {
    for (const query of waysThrough(enforcement, route, asCaller(route))) {
      // Whoever has the token that it takes is meant.
      if (query.token) break;
      if (query.http && isPublicEndpoint(query.http.path, query.http.method)) continue;
      const verdict = decideWay(enforcement, query, workload, port.port);
      if (verdict.outcome === 'deny' || verdict.requires.some(({ kind }) => MEANT.has(kind))) continue;
      const found = { route, query, verdict };
      if (!best || demand(found) < demand(best)) best = found;
    }
    if (best && demand(best) === 0) break;
  }
  return best;
}

const MEANT: ReadonlySet<string> = new Set(['jwt', 'ext-authz']);

const demand = ({ query, verdict }: Passing): number =>
  (verdict.outcome === 'unknown' ? 100 : 0) + verdict.requires.length * 2 + (query.source.identity === null ? 0 : 1);

/** Without an identity, unless the handshake takes the certificate of a member of the mesh. */
function asCaller({ query }: InternetRoute): Query {
  const position = { kind: 'unstated' } as const;
  const identity = (query.tls?.clientCert?.principal ?? null) as Principal | null;
  return identity === null
    ? { ...query, source: { position, identity, connects: 'plaintext' } }
    : { ...query, source: { position, identity, connects: 'mtls' } };
}

/** Where tokens are checked and none is asked for, that; else the gateway's rule, or the server, that takes requests from everybody. */
function causeOf(facts: Facts, { route, query, verdict }: Passing, workload: Workload, port: WorkloadPort): By {
  const tokenless = tokenlessCause(facts, workload, port, { request: requestOf(query), verdict });
  if (tokenless) return tokenless;
  const { trace } = decide(facts.enforcement, { ...query, at: 'gateway' });
  const rule = trace.find(({ stage, by }) => stage === 'allow' && by?.kind === 'AuthorizationPolicy')?.by;
  return rule ?? route.listener.servers[0]?.by ?? route.by;
}
