import type { Mesh } from '../../model/inventory/types.ts';
import type { HttpRequest } from '../attempt.ts';
import type { ClientTls } from '../../result/request.ts';
import { explaining } from '../judged.ts';
import { shareNetwork } from '../clusters.ts';
import { decidePatched } from '../patches/decide-patched.ts';
import type { Enforcement } from '../enforcement.ts';
import { serviceOfSni } from './auto-passthrough.ts';
import { type GatewayBackend, l4Backends } from './backend.ts';
import { connect, handshakes } from './connect.ts';
import { decideHttp } from './decide-http.ts';
import type { FilterChain } from './filter-chain.ts';
import { gatewayView } from './gateway-view.ts';
import type { GatewayIndex, GatewayProxy } from './index-gateways.ts';
import {
  advance,
  type Arrived,
  finish,
  type GatewayQuery,
  type GatewayVerdict,
  type Progress,
  reach,
  refuse,
  step,
} from './gateway-verdict.ts';

/**
 * What a gateway makes of a connection that reached one of its ports: listener and TLS, then the policies attached to it (before redirects,
 * and before a route is missed), then the route and its backend.
 *
 * Reference §8, §15.1, §15.2, §17; istio pilot/pkg/networking/core/gateway.go.
 */
export function decideAtGateway(enforcement: Enforcement, index: GatewayIndex, query: GatewayQuery): GatewayVerdict {
  const { workload, port } = query.destination;
  const proxy = index.byWorkload.get(workload);
  if (!proxy) return refuse(`\`${workload.id}\` is no gateway that routes`, null, 'resolve');
  if (query.transport !== 'TCP') return refuse(`the gateway does not listen for ${query.transport}`, null, 'transport');
  let refused: GatewayVerdict | undefined;
  for (const tls of handshakes(query)) {
    const verdict = decideConnection(enforcement, index, proxy, query, tls);
    if (verdict.outcome !== 'deny') return verdict;
    refused ??= verdict;
  }
  return refused ?? refuse(`nothing connects to port ${port}`, null, 'transport');
}

function decideConnection(
  enforcement: Enforcement,
  index: GatewayIndex,
  proxy: GatewayProxy,
  query: GatewayQuery,
  tls: ClientTls | null,
): GatewayVerdict {
  const { workload, port } = query.destination;
  const assumes = proxy.present ? [] : workload.dataPlane.assumes;
  const connected = connect(index, proxy, port, tls);
  if (!connected.ok) return refuse(connected.why, connected.by, 'transport');
  const { chain, peer, certificate, sni, server, requires, text } = connected;
  const progress: Progress = { requires, assumes, trace: [step('transport', 'pass', text, server)] };
  const arrived = { peer, sni, isTls: chain.tls !== null, ...(certificate ? { certificate } : {}) };
  if (chain.kind === 'http') return decideHttp(enforcement, index, chain, query, arrived, progress);
  if (chain.kind === 'auto-passthrough')
    return passThrough(enforcement.mesh, index, chain, query, arrived.sni, progress);
  const inside = chain.tls || !tls ? query.http : undefined;
  return decideTcp(enforcement, index, chain, { query, arrived, ...(inside ? { inside } : {}) }, progress);
}

interface Bytes {
  readonly query: GatewayQuery;
  readonly arrived: Arrived;
  /** A request of HTTP among them; absent inside of TLS that ends elsewhere. */
  readonly inside?: HttpRequest;
}

/** TCP is passed on as it comes, HTTP or not: what is behind may read requests. Source: istio pilot/pkg/networking/core/gateway.go. */
function decideTcp(
  enforcement: Enforcement,
  index: GatewayIndex,
  chain: Extract<FilterChain, { kind: 'tcp' }>,
  { query, arrived, inside }: Bytes,
  progress: Progress,
): GatewayVerdict {
  const { workload } = query.destination;
  const policies = enforcement.envoy(workload);
  const decision = decidePatched(
    enforcement.changesAt(workload),
    { chain: policies.tcp, providers: [] },
    {
      view: gatewayView(enforcement, query, arrived, undefined),
      ...explaining(query, { point: 'gateway', workload, chain: policies.tcp, providers: [] }, policies.authorization),
    },
    'gateway',
  );
  const after = advance(progress, decision);
  if (decision.outcome !== 'allow') return finish(decision.outcome, decision.by, decision.reason, after);
  const { route } = chain;
  const context = {
    routeNamespace: route.owner.namespace,
    proxy: workload,
    listenPort: chain.servers[0]?.port ?? query.destination.port,
  };
  const found = l4Backends(route, index.destinations, context);
  const carried = inside && ({ http: inside, asBytes: true, forwardsToken: true } as const);
  return reach({ ...found, backends: found.backends.map((each) => ({ ...each, ...carried })) }, route.by, after);
}

/** Bytes between proxies: no policy is asked, and the TLS inside is the client's own. */
function passThrough(
  mesh: Mesh,
  index: GatewayIndex,
  chain: Extract<FilterChain, { kind: 'auto-passthrough' }>,
  query: GatewayQuery,
  sni: string,
  progress: Progress,
): GatewayVerdict {
  const proxy = query.destination.workload;
  const { registry, rules } = index.destinations;
  const target = serviceOfSni(sni, chain.hosts, registry, proxy.namespace);
  const by = chain.servers[0]?.by ?? null;
  if (!target) return finish('deny', by, `no service answers to SNI \`${sni}\``, progress);
  const { entry, port, subset } = target;
  const labels = subset === '' ? {} : rules.labelsOf(entry.host, subset, proxy, entry.namespace);
  if (!labels)
    return finish('deny', by, `no DestinationRule defines subset \`${subset}\` of \`${entry.label}\``, progress);
  const backend: GatewayBackend = {
    label: `${entry.label}:${port}`,
    service: entry.label,
    servicePort: port,
    external: false,
    // East-west gateways know the endpoints of their own network alone.
    workloads: entry.endpoints(port, labels, proxy.cluster).filter((each) => shareNetwork(mesh, proxy, each.workload)),
    mirrored: false,
    identity: 'client',
    forwardsToken: true,
  };
  return reach({ backends: [backend], missing: [], assumes: [] }, by, progress);
}
