import type { Mesh, Workload } from '../../model/inventory/types.ts';
import type { SeenEnd, SeenRequest } from '../../model/observation/seen-request.ts';

/** The workload that a pod belongs to, by the name that its controller gave it. */
export function workloadOfPod(mesh: Mesh, { pod, namespace }: SeenEnd): Workload | undefined {
  if (pod === undefined || namespace === undefined) return undefined;
  const near = mesh.workloads.filter((each) => each.namespace === namespace);
  // The longest name wins: `web-v2` before `web` for `web-v2-6584ddcf65-k78wz`.
  return near
    .filter(({ name, gateway }) => pod === name || isPodOf(pod, name) || gateway?.gatewayName === pod)
    .sort((a, b) => b.name.length - a.name.length)[0];
}

/** Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob: what is added consists of hashes and numbers. */
function isPodOf(pod: string, workload: string): boolean {
  if (!pod.startsWith(`${workload}-`)) return false;
  return /^([a-z0-9]{5,10}|\d+)(-[a-z0-9]{5})?$/.test(pod.slice(workload.length + 1));
}

/** Whose proxy wrote a line; `kubectl logs --prefix` names no namespace, so that the pod's name has to tell. */
export function workloadOfProxy(mesh: Mesh, proxy: SeenRequest['proxy']): Workload | undefined {
  if (proxy?.namespace !== undefined) return workloadOfPod(mesh, proxy);
  if (!proxy) return undefined;
  const found = [...new Set(mesh.workloads.map(({ namespace }) => namespace))].flatMap(
    (namespace) => workloadOfPod(mesh, { pod: proxy.pod, namespace }) ?? [],
  );
  return found.length === 1 ? found[0] : undefined;
}

export function workloadAt(mesh: Mesh, ip: string | undefined): Workload | undefined {
  return ip === undefined ? undefined : mesh.workloads.find(({ addresses }) => addresses.includes(ip));
}

/** The address of `10.0.0.1:80` or `[::1]:80`. */
export function hostOf(address: string | undefined): string | undefined {
  return address?.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}

export function portOf(address: string | undefined): number | undefined {
  const port = /:(\d+)$/.exec(address ?? '')?.[1];
  return port === undefined ? undefined : Number(port);
}
