import { isRouter } from '../model/inventory/is-router.ts';
import type { Workload } from '../model/inventory/types.ts';
import { chooseApproaches } from '../semantics/client.ts';
import { behindGateway, decide, withHandshake } from '../semantics/decide.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import type { GatewayBackend } from '../semantics/gateway/backend.ts';
import { decideAtGateway } from '../semantics/gateway/decide-at-gateway.ts';
import { indexGateways } from '../semantics/gateway/index-gateways.ts';
import type { Query } from '../semantics/query.ts';
import type { Verdict } from '../semantics/verdict.ts';

/** A request to a gateway, decided hop by hop on its way to one endpoint. */
export function decideWay(enforcement: Enforcement, query: Query, workload: Workload, port: number): Verdict {
  const first = decide(enforcement, { ...query, at: 'network-policy' });
  if (first.outcome === 'deny') return first;
  // What is known of the gateway and of what lies behind it is not lost: that the network admits it becomes an assumption.
  const unsettled = first.outcome === 'unknown' ? [`the network lets it reach the gateway: ${first.reason}`] : [];
  const gateway = decideAtGateway(enforcement, indexGateways(enforcement), query);
  if (gateway.outcome === 'deny') return gateway;
  // Routes may ask for claims too, so that a token is needed wherever one was tried.
  const tokenNeeded = query.token ? [{ kind: 'jwt' as const, ...issuerOf(query) }] : [];
  const others = (requires: Verdict['requires']): Verdict['requires'] =>
    query.token ? requires.filter(({ kind }) => kind !== 'jwt') : requires;
  let refused: Verdict | undefined;
  for (const second of behind(enforcement, query, gateway.backends, workload, port)) {
    const verdict: Verdict = {
      ...second,
      requires: [...tokenNeeded, ...first.requires, ...others(gateway.requires), ...others(second.requires)],
      assumes: [...unsettled, ...first.assumes, ...gateway.assumes, ...second.assumes],
      trace: [...first.trace, ...gateway.trace, ...second.trace],
    };
    if (verdict.outcome !== 'deny') return verdict;
    refused ??= verdict;
  }
  if (refused) return refused;
  return { ...gateway, outcome: 'deny', reason: 'another route takes this request' };
}

/** What is behind a gateway: the endpoint itself, or another gateway with a way to it. */
function* behind(
  enforcement: Enforcement,
  query: Query,
  backends: readonly GatewayBackend[],
  workload: Workload,
  port: number,
): Iterable<Verdict> {
  for (const backend of backends) {
    if (backend.mirrored) continue;
    for (const endpoint of backend.workloads) {
      const next = behindGateway(enforcement.mesh, query, backend, endpoint);
      if (endpoint.workload === workload && endpoint.port === port) yield decide(enforcement, next);
      else if (isRouter(endpoint.workload) && endpoint.workload !== query.destination.workload)
        for (const { connects, sni } of chooseApproaches(enforcement, next))
          yield decideWay(enforcement, withHandshake(next, connects, sni), workload, port);
    }
  }
}

function issuerOf({ token }: Query): { issuer?: string } {
  const issuer = token?.claims.iss;
  return typeof issuer === 'string' ? { issuer } : {};
}
