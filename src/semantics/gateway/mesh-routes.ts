import { configClusterOf } from '../../model/inventory/clusters.ts';
import type { Mesh } from '../../model/inventory/types.ts';
import { readMeshKubernetesRoutes } from './kubernetes/mesh-routes.ts';
import { RouteIndex } from './route-index.ts';
import { readMeshVirtualServices } from './virtual-services.ts';

const ROUTES = new WeakMap<Mesh, RouteIndex>();

/** What sidecars and waypoints route by: routes of the `mesh` gateway. */
export function meshRoutes(mesh: Mesh): RouteIndex {
  const known =
    ROUTES.get(mesh) ??
    new RouteIndex(
      [...readMeshVirtualServices(mesh), ...readMeshKubernetesRoutes(mesh)],
      mesh.config.defaultExportTo.value.virtualService,
      (cluster) => configClusterOf(mesh, cluster),
    );
  ROUTES.set(mesh, known);
  return known;
}
