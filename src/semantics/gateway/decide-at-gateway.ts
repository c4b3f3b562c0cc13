import type { Mesh, Principal } from '../../model/inventory/types.ts';
import type { ClientTls } from '../../result/request.ts';
import { explaining } from '../judged.ts';
import { shareNetwork } from '../clusters.ts';
import { decidePatched } from '../patches/decide-patched.ts';
import type { Enforcement } from '../enforcement.ts';
import type { Requirement } from '../verdict.ts';
import { serviceOfSni } from './auto-passthrough.ts';
import { type GatewayBackend, l4Backends } from './backend.ts';
import { shakeHands } from './client-tls.ts';
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

const ORDINARY_ALPN: readonly string[] = ['h2', 'http/1.1'];

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

/** How the client may open the connection: as stated; else in plaintext, and with its identity where it has one. */
function handshakes({ tls, source, sni }: GatewayQuery): readonly (ClientTls | null)[] {
  if (tls) return [tls];
  if (source.identity === null || source.connects === 'plaintext') return [null];
  const mutual: ClientTls = {
    sni: sni ?? '',
    alpn: ['istio', ...ORDINARY_ALPN],
    clientCert: { principal: source.identity },
  };
  return source.connects === 'mtls' ? [mutual] : [null, mutual];
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
  const listener = proxy.listeners.find((candidate) => candidate.port === port);
  if (!listener) {
    const lost = proxy.ignored.find((ignored) => ignored.port === port);
    return refuse(
      lost ? `no server has port ${port}: ${lost.why}` : `no server with a route listens on port ${port}`,
      lost?.server.by ?? null,
      'transport',
    );
  }
  const hello = { sni: (tls?.sni ?? '').toLowerCase(), alpn: tls ? (tls.alpn ?? ORDINARY_ALPN) : [] };
  const chain = listener.chains.choose(hello, index.destinations.registry, workload.namespace);
  const named = hello.sni === '' ? 'no SNI' : `SNI \`${hello.sni}\``;
  if (!chain)
    return refuse(
      `no server of port ${port} serves ${tls ? named : 'plaintext'}`,
      listener.servers[0]?.by ?? null,
      'transport',
    );
  const server = chain.servers[0]?.by ?? null;
  if (chain.tls && !tls) return refuse(`port ${port} speaks TLS, the client does not`, server, 'transport');
  if (!chain.tls && tls && chain.kind === 'http')
    return refuse(`port ${port} speaks plain HTTP, the client TLS`, server, 'transport');
  let peer: Principal | null = null;
  let requires: readonly Requirement[] = [];
  let text = tls ? `${named} on port ${port} passes through` : `port ${port} takes plaintext`;
  if (chain.tls && tls) {
    const handshake = shakeHands(chain.tls, tls);
    if (!handshake.completes) return refuse(handshake.why, server, 'transport');
    ({ peer, requires, text } = handshake);
  }
  const progress: Progress = { requires, assumes, trace: [step('transport', 'pass', text, server)] };
  const arrived = { peer, sni: hello.sni, isTls: chain.tls !== null };
  if (chain.kind === 'http') return decideHttp(enforcement, index, chain, query, arrived, progress);
  if (chain.kind === 'auto-passthrough')
    return passThrough(enforcement.mesh, index, chain, query, arrived.sni, progress);
  return decideTcp(enforcement, index, chain, query, arrived, progress);
}

function decideTcp(
  enforcement: Enforcement,
  index: GatewayIndex,
  chain: Extract<FilterChain, { kind: 'tcp' }>,
  query: GatewayQuery,
  arrived: Arrived,
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
  return reach(found, route.by, after);
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
