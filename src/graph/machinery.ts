import type { Workload } from '../model/inventory/types.ts';

/**
 * Istio's own machinery, and what runs in namespaces that the injector never touches: outside the mesh by design, so that no rule asks why.
 *
 * Source: labels in istio manifests/charts; pkg/kube/inject/initializer.go (IgnoredNamespaces).
 */
export function isMachinery({ namespace, labels, dataPlane }: Workload): boolean {
  if (dataPlane.kind !== 'none') return false;
  return NEVER_ENROLLED.has(namespace) || LABELS.some(([label, value]) => labels[label] === value);
}

/** The namespace that istiod runs in; undefined: it is not in the input. */
export function findIstiodNamespace(workloads: readonly Workload[]): string | undefined {
  if (!ISTIOD.has(workloads)) {
    const istiod = workloads.find(({ dataPlane, labels }) => dataPlane.kind === 'none' && labels.app === 'istiod');
    ISTIOD.set(workloads, istiod?.namespace);
  }
  return ISTIOD.get(workloads);
}

const ISTIOD = new WeakMap<readonly Workload[], string | undefined>();

const NEVER_ENROLLED: ReadonlySet<string> = new Set([
  'kube-system',
  'kube-public',
  'kube-node-lease',
  'local-path-storage',
]);

const LABELS: readonly (readonly [label: string, value: string])[] = [
  ['app', 'istiod'],
  ['istio', 'pilot'],
  ['app', 'ztunnel'],
  ['k8s-app', 'istio-cni-node'],
];
