import type { Facts } from '../graph/facts.ts';
import type { GatewayListener } from '../model/gateway/listener.ts';
import type { KubernetesGateway } from '../model/gateway/gateway.ts';
import type { Gateway, GatewayServer } from '../model/istio/gateway.ts';
import { matchesLabels } from '../model/inventory/label-selection.ts';
import type { Member, Population } from './population.ts';

/** A port on which a gateway takes requests from outside the mesh, as far as ingress security goes. */
export interface Listener {
  readonly encrypted: boolean;
  /** It answers plain HTTP with a redirect and nothing else. */
  readonly redirects: boolean;
  /** It names its hosts, or has none to name (plain TCP). */
  readonly namesHosts: boolean;
  /** Its gateway is reachable from the internet; true also where the gateway's pods are not in the input (reference §15.5). */
  readonly exposed: boolean;
}

/** Listeners of all gateways that lead in: not those of waypoints, nor of gateways for egress only. */
export function listenersOf({ facts, gateways }: Population): readonly Listener[] {
  const { resources } = facts.mesh;
  return [
    ...resources.of('Gateway').flatMap((gateway) => ofGateway(gateways, gateway)),
    ...resources.of('KubernetesGateway').flatMap((gateway) => ofKubernetesGateway(facts, gateways, gateway)),
  ];
}

function ofGateway(gateways: readonly Member[], { cluster, spec }: Gateway): Listener[] {
  const pods = gateways.filter(
    ({ workload }) => workload.cluster === cluster && matchesLabels(spec.selector, workload.labels),
  );
  if (pods.length > 0 && pods.every(({ workload }) => workload.gateway?.kind === 'egress')) return [];
  const exposed = isReachable(pods);
  return (spec.servers ?? []).map((server) => ({ ...readServer(server), exposed }));
}

function readServer({ port, hosts = [], tls }: GatewayServer): Omit<Listener, 'exposed'> {
  const protocol = port?.protocol?.toUpperCase() ?? '';
  return {
    encrypted: (protocol === 'HTTPS' || protocol === 'TLS') && tls !== undefined,
    redirects: tls?.httpsRedirect === true,
    namesHosts:
      hosts.every((host) => host.replace(/^[^/]*\//, '') !== '*') || protocol === 'TCP' || protocol === 'MONGO',
  };
}

function ofKubernetesGateway(facts: Facts, gateways: readonly Member[], object: KubernetesGateway): Listener[] {
  const { cluster, namespace, name, spec } = object;
  const pods = gateways.filter(
    ({ workload }) =>
      workload.cluster === cluster && workload.namespace === namespace && workload.gateway?.gatewayName === name,
  );
  if (pods.some(({ workload }) => workload.gateway?.kind === 'waypoint')) return [];
  const exposed = isReachable(pods);
  return (spec.listeners ?? [])
    .filter(({ protocol }) => protocol !== 'HBONE')
    .map((listener) => ({ ...readListener(facts, object, listener), exposed }));
}

function readListener(facts: Facts, gateway: KubernetesGateway, listener: GatewayListener): Omit<Listener, 'exposed'> {
  const protocol = listener.protocol ?? '';
  const { hostname } = listener;
  return {
    encrypted: protocol === 'HTTPS' || protocol === 'TLS',
    redirects: protocol === 'HTTP' && onlyRedirects(facts, gateway, listener),
    namesHosts:
      protocol === 'TCP' || protocol === 'UDP' || (hostname !== undefined && hostname !== '' && hostname !== '*'),
  };
}

/** Routes are attached to it, and each of their rules redirects to HTTPS. */
function onlyRedirects({ mesh }: Facts, gateway: KubernetesGateway, listener: GatewayListener): boolean {
  const isParent = (
    namespace: string,
    parent: {
      readonly namespace?: string;
      readonly name?: string;
      readonly sectionName?: string;
      readonly port?: number;
    },
  ) =>
    parent.name === gateway.name &&
    (parent.namespace ?? namespace) === gateway.namespace &&
    (parent.sectionName === undefined || parent.sectionName === listener.name) &&
    (parent.port === undefined || parent.port === listener.port);
  const attached = mesh.resources
    .of('HTTPRoute')
    .filter(
      ({ cluster, namespace, spec }) =>
        cluster === gateway.cluster && spec.parentRefs?.some((parent) => isParent(namespace, parent)),
    );
  const rules = attached.flatMap(({ spec }) => spec.rules ?? []);
  return (
    rules.length > 0 &&
    rules.every(({ filters = [] }) => filters.some(({ requestRedirect }) => requestRedirect?.scheme === 'https'))
  );
}

const isReachable = (pods: readonly Member[]): boolean => pods.length === 0 || pods.some(({ exposed }) => exposed);
