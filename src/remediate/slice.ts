import { indexResources } from '../model/index-resources.ts';
import type { Mesh, Workload } from '../model/inventory/types.ts';
import { KINDS } from '../model/kinds.ts';
import type { Resource } from '../model/resource.ts';
import type { Resources } from '../model/resources.ts';
import { type Change, objectOfChange } from './change.ts';

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

const POLICIES = ['AuthorizationPolicy', 'PeerAuthentication', 'RequestAuthentication', 'NetworkPolicy'] as const;

/** The same objects, of policies those of some namespaces only: enough to decide between workloads of these, on the inventory as it is. */
export function limitPolicies(resources: Resources, namespaces: ReadonlySet<string>): Resources {
  const kept: Resource[] = [];
  for (const kind of POLICIES) for (const namespace of namespaces) kept.push(...resources.inNamespace(kind, namespace));
  const own = indexResources(kept, [], {});
  const limited: ReadonlySet<string> = new Set(POLICIES);
  const of = (kind: string): Resources => (limited.has(kind) ? own : resources);
  return {
    ...resources,
    of: (kind) => of(kind).of(kind),
    inNamespace: (kind, namespace, cluster) => of(kind).inNamespace(kind, namespace, cluster),
    find: (kind, namespace, name, cluster) => of(kind).find(kind, namespace, name, cluster),
  };
}

/** Whether changes leave the inventory as it is: policies, and rights at the API server. */
export const leavesInventory = (changes: readonly Change[]): boolean =>
  changes.every((change) => {
    const { kind } = objectOfChange(change);
    return (POLICIES as readonly string[]).includes(kind) || /^(Cluster)?Role(Binding)?$/.test(kind);
  });
