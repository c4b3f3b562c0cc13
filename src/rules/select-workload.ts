import { type Mesh, namespaceKey, type Workload } from '../model/inventory/types.ts';
import { matchesLabels } from '../model/inventory/label-selection.ts';

const CUSTOMARY: readonly (readonly string[])[] = [
  ['app'],
  ['app.kubernetes.io/name'],
  ['app.kubernetes.io/name', 'app.kubernetes.io/instance'],
  ['app', 'version'],
  ['k8s-app'],
  ['name'],
];
/** Set per revision of the template: a selector with them would stop to match. */
const FLEETING: ReadonlySet<string> = new Set([
  'pod-template-hash',
  'controller-revision-hash',
  'statefulset.kubernetes.io/pod-name',
]);

/** Labels that select the pods of this workload and of no other in its namespace; undefined: there are none. */
export function selectorOf(mesh: Mesh, workload: Workload): Readonly<Record<string, string>> | undefined {
  const neighbours = mesh.workloadsByNamespace.get(namespaceKey(workload.cluster, workload.namespace)) ?? [];
  const lasting = Object.keys(workload.labels).filter((key) => !FLEETING.has(key));
  for (const keys of [...CUSTOMARY, lasting]) {
    if (keys.length === 0 || keys.some((key) => !Object.hasOwn(workload.labels, key))) continue;
    const labels = Object.fromEntries(keys.map((key) => [key, workload.labels[key] ?? '']));
    if (neighbours.every((other) => other === workload || !matchesLabels(labels, other.labels))) return labels;
  }
  return undefined;
}
