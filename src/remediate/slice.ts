import { isRouter } from '../model/inventory/is-router.ts';
import { isMachinery } from '../graph/machinery.ts';
import { indexResources } from '../model/index-resources.ts';
import type { Mesh, Workload } from '../model/inventory/types.ts';
import { KINDS } from '../model/kinds.ts';
import type { Resource } from '../model/resource.ts';
import type { Resources } from '../model/resources.ts';
import { type Change, objectOfChange } from '../model/change/change.ts';

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
 * Namespaces that the verdicts between these workloads and their wanted peers rest on: their own, and those that all others rest on.
 */
export function namespacesOf(mesh: Mesh, workloads: Iterable<Workload>): ReadonlySet<string> {
  const namespaces = new Set(controlNamespaces(mesh));
  for (const { namespace } of workloads) namespaces.add(namespace);
  return new Set([...namespaces].sort());
}

/** The root namespace, those of gateways, and those of the control plane and of what configures it. */
export function controlNamespaces(mesh: Mesh): ReadonlySet<string> {
  const known = CONTROL.get(mesh.workloads);
  if (known) return known;
  const { resources, config } = mesh;
  const found = new Set([config.rootNamespace.value]);
  for (const workload of mesh.workloads) {
    if (isRouter(workload) || isMachinery(workload)) found.add(workload.namespace);
  }
  for (const { namespace } of [...resources.of('IstioOperator'), ...resources.of('SailIstio')]) found.add(namespace);
  for (const { namespace, spec } of resources.of('ConfigMap')) if (spec.data?.mesh !== undefined) found.add(namespace);
  CONTROL.set(mesh.workloads, found);
  return found;
}

const CONTROL = new WeakMap<Mesh['workloads'], ReadonlySet<string>>();

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
