import { networkOf } from '../model/inventory/clusters.ts';
import type { Workload } from '../model/inventory/types.ts';
import { isIdentified, type Transport } from './attempt.ts';
import { shareNetwork } from './clusters.ts';
import type { Enforcement } from './enforcement.ts';
import { sniOf } from './gateway/auto-passthrough.ts';
import { decideAtGateway } from './gateway/decide-at-gateway.ts';
import { serviceHost } from './gateway/host-name.ts';
import { type GatewayProxy, indexGateways } from './gateway/index-gateways.ts';
import type { Query } from './query.ts';
import type { TraceStep, Verdict } from './verdict.ts';

export type Crossing =
  /** The same cluster, or a flat network over several. */
  | { readonly kind: 'direct'; readonly assumes?: readonly string[] }
  /** Through an east-west gateway of the destination's network, if its pods are in the input. */
  | {
      readonly kind: 'gateway';
      readonly gateway?: Workload;
      readonly assumes: readonly string[];
      readonly step: TraceStep;
    }
  | { readonly kind: 'none'; readonly verdict: Verdict };

const DIRECT: Crossing = { kind: 'direct' };

/**
 * How a request gets from one cluster to another. Between networks there are only east-west gateways, which take mutual TLS for services alone
 * and pass it through: the destination sees the client's identity and the gateway's address. Reference §9.2.
 */
export function crossClusters(enforcement: Enforcement, query: Query, connects: Transport): Crossing {
  const { mesh } = enforcement;
  const { position } = query.source;
  const { workload, via, port } = query.destination;
  if (position.kind !== 'workload') return DIRECT;
  if (position.workload.cluster === workload.cluster) return betweenNetworks(enforcement, position.workload, workload);
  if (shareNetwork(mesh, position.workload, workload)) return DIRECT;
  const where = `cluster \`${workload.cluster}\` is on another network`;
  const client = query.source.identity;
  if (!isIdentified(connects) || client === null)
    return none(`${where}, whose east-west gateways take nothing but mutual TLS`);
  if (!via) return none(`${where}: its pods cannot be addressed from here, only services`);
  const host = serviceHost(via.service.name, via.service.namespace);
  const gateways = indexGateways(enforcement).proxies.filter((proxy) => leadsIn(enforcement, proxy, workload));
  for (const proxy of gateways) {
    for (const listener of proxy.listeners) {
      const tls = { sni: sniOf(host, via.port.port), alpn: ['istio'], clientCert: { principal: client } };
      const asked: Query = { ...query, tls, destination: { workload: proxy.workload, port: listener.port } };
      const verdict = decideAtGateway(enforcement, indexGateways(enforcement), asked);
      if (verdict.outcome !== 'allow' || !verdict.backends.some(({ identity }) => identity === 'client')) continue;
      const text = `east-west gateway ${proxy.workload.id}:${listener.port} passes it on to ${host}:${via.port.port}`;
      const step = { point: 'gateway', stage: 'route', outcome: 'pass', text } as const;
      return {
        kind: 'gateway',
        assumes: verdict.assumes,
        step: verdict.by ? { ...step, by: verdict.by } : step,
        ...(proxy.present ? { gateway: proxy.workload } : {}),
      };
    }
  }
  if (gateways.length > 0) return none(`${where}, and no east-west gateway of it leads to ${host}:${via.port.port}`);
  const assumed = `an east-west gateway of cluster \`${workload.cluster}\` leads to ${host}:${via.port.port} (to pod port ${port})`;
  const step = { point: 'gateway', stage: 'route', outcome: 'note', text: `${where}: ${assumed}` } as const;
  return { kind: 'gateway', assumes: [assumed], step };
}

/**
 * Pods and virtual machines of one cluster may be on several networks, and are then reached through an east-west gateway, where istiod knows
 * one. Source: istio pilot/pkg/xds/endpoints/ep_filters.go (EndpointsByNetworkFilter).
 */
function betweenNetworks({ mesh }: Enforcement, client: Workload, workload: Workload): Crossing {
  const [from, to] = [client, workload].map((each) => networkOf(mesh.clusterByName, each));
  // Without a name it is reached as it is.
  if (!from || !to || from === to) return DIRECT;
  const assumed = `network \`${to}\` of ${workload.id} is reached from network \`${from}\` of ${client.id}, through an east-west gateway or without`;
  return { kind: 'direct', assumes: [assumed] };
}

/** A gateway of the destination's cluster and network that passes mutual TLS through. */
function leadsIn({ mesh }: Enforcement, { workload, listeners }: GatewayProxy, destination: Workload): boolean {
  return (
    workload.cluster === destination.cluster &&
    shareNetwork(mesh, workload, destination) &&
    listeners.some(({ servers }) => servers.some(({ tls }) => tls?.mode === 'AUTO_PASSTHROUGH'))
  );
}

function none(reason: string): Crossing {
  const trace: readonly TraceStep[] = [{ point: 'none', stage: 'resolve', outcome: 'stop', text: reason }];
  return {
    kind: 'none',
    verdict: { outcome: 'deny', requires: [], assumes: [], by: null, reason, point: 'none', trace },
  };
}
