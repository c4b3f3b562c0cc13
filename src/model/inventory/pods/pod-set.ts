import type { ContainerSpec } from '../../k8s/container.ts';
import type { Pod } from '../../k8s/pod.ts';
import type { PodSpec } from '../../k8s/pod-template.ts';
import type { Path, Resource } from '../../resource.ts';
import type { Labels } from '../label-selection.ts';

/** One pod template and the running pods made from it: what becomes a workload. */
export interface PodSet {
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  readonly kind: string;
  /** The controller; a pod, if the controller is not in the input. */
  readonly resource: Resource;
  /** Where metadata and spec of the pods stand inside `resource`. */
  readonly templatePath: Path;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly spec: PodSpec;
  readonly replicas?: number | undefined;
  /** Pods that exist, completed ones left out. A manifest of a bare Pod is its own and only pod. */
  readonly pods: readonly Pod[];
}

export const SIDECAR_STATUS = 'sidecar.istio.io/status';
export const AMBIENT_REDIRECTION = 'ambient.istio.io/redirection';
export const PROXY_CONTAINER = 'istio-proxy';

/** The service account that the pods run as, after the default that admission fills in. */
export function serviceAccountOf({ serviceAccountName, serviceAccount }: PodSpec): string {
  return serviceAccountName || serviceAccount || 'default';
}

/** The proxy container of a pod, also as a native sidecar. */
export function findProxy(spec: PodSpec): ContainerSpec | undefined {
  const isProxy = ({ name }: ContainerSpec) => name === PROXY_CONTAINER;
  return spec.containers?.find(isProxy) ?? spec.initContainers?.find(isProxy);
}

/** Where it stands in the pod. */
export function proxyPath(spec: PodSpec): Path {
  for (const field of ['containers', 'initContainers'] as const) {
    const index = spec[field]?.findIndex(({ name }) => name === PROXY_CONTAINER) ?? -1;
    if (index >= 0) return ['spec', field, index];
  }
  return ['spec'];
}

/** Whether the spec names a proxy that runs as written; image `auto` (or none) is a place that only the injector fills. */
export function hasOwnProxy(spec: PodSpec): boolean {
  const image = findProxy(spec)?.image;
  return image !== undefined && image !== '' && image !== 'auto';
}
