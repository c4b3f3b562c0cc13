import { networkOf } from '../model/inventory/clusters.ts';
import type { Mesh, MeshService, Workload } from '../model/inventory/types.ts';
import type { MeshConfig } from '../model/mesh-config.ts';
import { covers, serviceHost } from './gateway/host-name.ts';

/** Services that are always of the own cluster, unless the mesh config says otherwise. */
const LOCAL_BY_DEFAULT: MeshConfig['clusterLocal']['value'] = [
  { hosts: ['kubernetes.default.svc.cluster.local', '*.kube-system.svc.cluster.local'], isLocal: true },
];

/** The label by which ambient lets a service span clusters, where it does at all. */
const GLOBAL = 'istio.io/global';

export interface ServiceClient {
  readonly cluster: string;
  /** Its ztunnel resolves services: those of other clusters only where they are declared global. */
  readonly isAmbient: boolean;
}

/**
 * Services of one namespace and name in several clusters are one: their endpoints are merged, unless they are local to the client's cluster.
 *
 * Source: istio pilot/pkg/model/cluster_local.go, pilot/pkg/serviceregistry/aggregate (reference §9.2, §15.7).
 */
export function servicesSeenBy(
  mesh: Mesh,
  services: readonly MeshService[],
  client: ServiceClient,
): readonly MeshService[] {
  const [first] = services;
  if (!first || services.length < 2) return services;
  const isLocal =
    isClusterLocal(mesh, first, client.cluster) ||
    (client.isAmbient && services.some(({ labels }) => labels[GLOBAL] !== 'true'));
  return isLocal ? services.filter(({ cluster }) => cluster === client.cluster) : services;
}

/** The most specific host of the settings decides; of equal ones, the later. */
function isClusterLocal(mesh: Mesh, { name, namespace }: MeshService, cluster: string): boolean {
  const host = serviceHost(name, namespace);
  const { clusterLocal } = mesh.clusterByName.get(cluster)?.config ?? mesh.config;
  let best = { length: -1, isLocal: false };
  for (const { hosts, isLocal } of [...LOCAL_BY_DEFAULT, ...clusterLocal.value]) {
    for (const wide of hosts) {
      if (wide !== '*' && !covers(wide, host)) continue;
      if (wide.length >= best.length) best = { length: wide.length, isLocal };
    }
  }
  return best.isLocal;
}

/** Whether pods of the one can send packets to the other: of one network, whatever their clusters. */
export function shareNetwork(mesh: Mesh, a: Workload, b: Workload): boolean {
  return a.cluster === b.cluster || networkOf(mesh.clusterByName, a) === networkOf(mesh.clusterByName, b);
}
