import { indexResources } from '../model/index-resources.ts';
import type { Mesh, Workload } from '../model/inventory/types.ts';
import { KINDS } from '../model/kinds.ts';
import type { Resource } from '../model/resource.ts';
import type { Resources } from '../model/resources.ts';

/** The objects of some namespaces, with all that holds for the whole cluster. Nothing else decides a request between workloads of these. */
export function sliceResources(resources: Resources, namespaces: ReadonlySet<string>): Resources {
  const found: Resource[] = [];
  for (const { name, scope } of KINDS) {
    if (scope === 'Cluster') found.push(...resources.of(name).filter((each) => isKept(each, namespaces)));
    else for (const namespace of namespaces) found.push(...resources.inNamespace(name, namespace));
  }
  return indexResources(found, resources.unmodelled, resources.counts);
}

/** Of Namespaces only the own ones: labels of others select nothing that is left. */
const isKept = ({ kind, name }: Resource, namespaces: ReadonlySet<string>): boolean =>
  kind !== 'Namespace' || namespaces.has(name);

/**
 * Namespaces that the verdicts between these workloads and their wanted peers rest on: their own, the root one, and those of the gateways,
 * which is where the control plane and the waypoints are.
 */
export function namespacesOf(mesh: Mesh, root: string, workloads: Iterable<Workload>): ReadonlySet<string> {
  const namespaces = new Set([root]);
  for (const { namespace } of workloads) namespaces.add(namespace);
  for (const { dataPlane, namespace, gateway } of mesh.workloads)
    if (dataPlane.kind === 'gateway' && gateway?.kind !== 'waypoint') namespaces.add(namespace);
  return new Set([...namespaces].sort());
}
