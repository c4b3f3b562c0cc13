import { isRouter } from '../model/inventory/is-router.ts';
import { appQuery, concretePath } from '../graph/app-query.ts';
import type { Flow, WantedTraffic } from '../graph/facts.ts';
import { tokensFor } from '../graph/tokens-for.ts';
import type { Mesh, Workload, WorkloadId } from '../model/inventory/types.ts';
import { decide } from '../semantics/decide.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import { indexGateways } from '../semantics/gateway/index-gateways.ts';
import { type InternetRoute, routesOf } from '../semantics/gateway/routes-of.ts';
import type { Query } from '../semantics/query.ts';
import type { Verdict } from '../semantics/verdict.ts';

/** One wanted request of an app, in words that hold in any state of the mesh. */
export interface WantedCall {
  readonly from: WorkloadId;
  readonly to: WorkloadId;
  readonly port: number;
  readonly method?: string;
  readonly path?: string;
  readonly basis: Flow['basis'];
}

/** Requests that stand for a flow: every method with every path that it names. */
function callsOf({ workloadById }: Mesh, flow: Flow): readonly WantedCall[] {
  const { from, to, basis, methods = ['GET'], paths = ['/'] } = flow;
  const target = workloadById.get(to);
  if (from === 'internet' || !target || !workloadById.has(from) || from === to) return [];
  const ports = target.ports.filter(({ port }) => flow.port === undefined || flow.port === port);
  return ports.flatMap(({ port, chain }): readonly WantedCall[] =>
    chain === 'tcp'
      ? [{ from, to, port, basis }]
      : methods.flatMap((method) => paths.map((path) => ({ from, to, port, method, path: concretePath(path), basis }))),
  );
}

/** All wanted calls to some workloads and from others, each once. */
export function callsAround(
  mesh: Mesh,
  wanted: WantedTraffic,
  destinations: readonly Workload[],
  senders: readonly Workload[],
): readonly WantedCall[] {
  const flows = new Set([
    ...destinations.flatMap((workload) => wanted.to(workload)),
    ...senders.flatMap((workload) => wanted.from(workload)),
  ]);
  const calls = [...flows].flatMap((flow) => callsOf(mesh, flow));
  return [...new Map(calls.map((call) => [describeCall(call), call])).values()];
}

export const describeCall = ({ from, to, port, method, path }: WantedCall): string =>
  `${from} → ${to}:${port}${method === undefined ? '' : ` ${method} ${path}`}`;

/**
 * What becomes of a call, sent by the app as it is configured; with a token that the destination takes where it passes only so. Undefined: one
 * of the two is not there.
 */
export function decideCall(enforcement: Enforcement, call: WantedCall): Verdict | undefined {
  return answerCall(enforcement, call)?.verdict;
}

/** The same with the request that was decided. */
export function answerCall(
  enforcement: Enforcement,
  call: WantedCall,
): { readonly verdict: Verdict; readonly query: Query } | undefined {
  const { mesh } = enforcement;
  const from = mesh.workloadById.get(call.from);
  const to = mesh.workloadById.get(call.to);
  const port = to?.ports.find((own) => own.port === call.port);
  if (!from || !to || !port) return undefined;
  if (isRouter(to)) {
    const asked = callThrough(enforcement, from, to, port.port);
    if (asked) return asked;
  }
  const { method, path = '/' } = call;
  const query = appQuery(enforcement, from, to, port, method === undefined ? undefined : { method, path });
  const plain = decide(enforcement, query);
  if (plain.outcome !== 'deny' || !query.http) return { verdict: plain, query };
  for (const claims of tokensFor(enforcement, [to], [to])) {
    const asked: Query = { ...query, token: { claims, valid: true } };
    const verdict = decide(enforcement, asked);
    if (verdict.outcome !== 'deny') return { verdict, query: asked };
  }
  return { verdict: plain, query };
}

/** A call to a gateway is one to something behind it: the first request by a route of that port that passes, else one that does not. */
function callThrough(
  enforcement: Enforcement,
  from: Workload,
  to: Workload,
  port: number,
): { readonly verdict: Verdict; readonly query: Query } | undefined {
  let refused: { readonly verdict: Verdict; readonly query: Query } | undefined;
  for (const route of routesIn(enforcement)) {
    if (route.gateway.id !== to.id || route.listener.port !== port || route.mirrored) continue;
    const { tls, ...asked } = route.query;
    // A client of the mesh shows its certificate where the gateway asks for one, and comes as nobody where it does not.
    const identity = tls?.clientCert?.principal === undefined ? null : from.identity;
    const query: Query = {
      ...asked,
      ...(tls ? { tls: identity === null ? tls : { ...tls, clientCert: { principal: identity } } } : {}),
      source: {
        position: { kind: 'workload', workload: from },
        identity,
        connects: identity === null ? 'plaintext' : 'mtls',
        ...(from.addresses[0] !== undefined && from.addresses.length === 1 ? { ip: from.addresses[0] } : {}),
      },
    };
    const verdict = decide(enforcement, query);
    if (verdict.outcome === 'allow') return { verdict, query };
    refused ??= { verdict, query };
  }
  return refused;
}

const ROUTES = new WeakMap<Enforcement, readonly InternetRoute[]>();

function routesIn({ root }: Enforcement): readonly InternetRoute[] {
  let known = ROUTES.get(root);
  if (!known) {
    known = routesOf(root, indexGateways(root));
    ROUTES.set(root, known);
  }
  return known;
}
