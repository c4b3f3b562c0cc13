import type { Mesh, MeshService, Workload } from '../../model/inventory/types.ts';
import { configClusterOf } from '../../model/inventory/clusters.ts';
import type { Enforcement } from '../enforcement.ts';
import { findAbsentGateways } from './absent-gateway.ts';
import { compareAge } from './age.ts';
import { type Destinations, destinationsOf } from './destination.ts';
import { FilterChains } from './choose-chain.ts';
import { buildFilterChains, type FilterChain } from './filter-chain.ts';
import { isIstioIngress, readIngress } from './ingress.ts';
import { readListeners } from './kubernetes/listeners.ts';
import { readKubernetesRoutes } from './kubernetes/routes.ts';
import { type IgnoredServer, mergeServers } from './merge-servers.ts';
import { RouteIndex } from './route-index.ts';
import { type GatewayObject, readGateway, type Server } from './server.ts';
import { readVirtualServices } from './virtual-services.ts';

/** A port that the pods of a gateway listen on. */
export interface GatewayListener {
  /** The pods' own port, after `targetPort`. */
  readonly port: number;
  /** The address; empty: all. */
  readonly bind: string;
  readonly servers: readonly Server[];
  readonly chains: FilterChains;
}

/** One gateway workload with everything that it is configured to serve. */
export interface GatewayProxy {
  readonly workload: Workload;
  /** False: Gateways select it, and its pods are not in the input. */
  readonly present: boolean;
  readonly listeners: readonly GatewayListener[];
  readonly ignored: readonly IgnoredServer[];
}

export interface GatewayIndex {
  /** In the order of the mesh; those that are not in the input come last. */
  readonly proxies: readonly GatewayProxy[];
  readonly byWorkload: ReadonlyMap<Workload, GatewayProxy>;
  readonly destinations: Destinations;
}

const INDEXES = new WeakMap<Enforcement, GatewayIndex>();

/**
 * Everything that gateways serve, worked out once per mesh: states that differ in nothing but security policies share it. Routes of a listener
 * are compiled when they are first asked for.
 */
export function indexGateways({ root }: Enforcement): GatewayIndex {
  let index = INDEXES.get(root);
  if (!index) {
    index = buildIndex(root.mesh);
    INDEXES.set(root, index);
  }
  return index;
}

function buildIndex(mesh: Mesh): GatewayIndex {
  const listeners = readListeners(mesh);
  const ingresses = mesh.resources
    .of('Ingress')
    .filter((ingress) => isIstioIngress(mesh, ingress))
    .map((ingress) => readIngress(mesh, ingress));
  const gateways = [
    ...mesh.resources.of('Gateway').map(readGateway),
    ...ingresses.map(({ gateway }) => gateway),
    ...[...listeners.values()].flatMap((infos) => infos.map(({ gateway }) => gateway)),
  ].sort(compareAge);
  const routes = new RouteIndex(
    [
      ...readVirtualServices(mesh),
      ...readKubernetesRoutes(mesh, listeners),
      ...ingresses.flatMap((ingress) => ingress.routes),
    ],
    mesh.config.defaultExportTo.value.virtualService,
    (cluster) => configClusterOf(mesh, cluster),
  );
  const { serviceById } = mesh;
  const proxies = [
    ...mesh.workloads
      .filter(isIngressProxy)
      .map((workload) =>
        toProxy(workload, true, gateways, routes, serviceById, configClusterOf(mesh, workload.cluster)),
      ),
    ...findAbsentGateways(mesh, gateways).map((workload) =>
      toProxy(workload, false, gateways, routes, serviceById, configClusterOf(mesh, workload.cluster)),
    ),
  ];
  return {
    proxies,
    byWorkload: new Map(proxies.map((proxy) => [proxy.workload, proxy])),
    destinations: destinationsOf(mesh),
  };
}

/** Gateways and egress gateways; a waypoint serves no Gateway's servers. */
const isIngressProxy = ({ dataPlane, gateway }: Workload): boolean =>
  dataPlane.kind === 'gateway' && gateway !== undefined && gateway.kind !== 'waypoint';

function toProxy(
  workload: Workload,
  present: boolean,
  gateways: readonly GatewayObject[],
  routes: RouteIndex,
  services: ReadonlyMap<string, MeshService>,
  cluster: string,
): GatewayProxy {
  const own = gateways.filter((gateway) => gateway.cluster === cluster && serves(gateway, workload));
  const { groups, ignored } = mergeServers(own, workload, services);
  const listeners = new Map<
    string,
    { port: number; bind: string; servers: Server[]; chains: FilterChain[]; names: Set<string> }
  >();
  for (const group of groups) {
    const { port, bind, servers } = group;
    const listener = listeners.get(`${port} ${bind}`) ?? {
      port,
      bind,
      servers: [],
      chains: [],
      names: new Set<string>(),
    };
    listeners.set(`${port} ${bind}`, listener);
    listener.servers.push(...servers);
    listener.chains.push(...buildFilterChains(group, workload, routes, listener.names));
  }
  return {
    workload,
    present,
    ignored,
    // A listener needs a chain.
    listeners: [...listeners.values()]
      .filter(({ chains }) => chains.length > 0)
      .map(({ port, bind, servers, chains }) => ({ port, bind, servers, chains: new FilterChains(chains) }))
      .sort((a, b) => a.port - b.port || a.bind.length - b.bind.length),
  };
}

/** Since 1.31, the proxies that istiod deploys for a Gateway API Gateway take Istio Gateways of their own namespace only (reference §8.1). */
function serves(gateway: GatewayObject, workload: Workload): boolean {
  if (!gateway.selects(workload)) return false;
  return gateway.kubernetes || workload.gateway?.kind !== 'kubernetes' || gateway.namespace === workload.namespace;
}
