import type { Mesh, Workload } from '../model/inventory/types.ts';
import type { SyncedProxy, SyncStatus } from '../model/observation/sync-status.ts';
import type { EnvoyDump } from '../model/observation/envoy-dump.ts';
import { groupBy } from '../util/group-by.ts';

/** Dumps by the workload whose replicas they are of, the pods in order; the last of a pod counts. */
export interface MatchedProxies {
  readonly byWorkload: ReadonlyMap<Workload, readonly EnvoyDump[]>;
  readonly strangers: readonly EnvoyDump[];
}

/**
 * Finds whose proxies were dumped: by the names of running pods where the input has these; else by the workload that the proxy says it belongs
 * to, or by the name that its controller would give the pod.
 */
export function matchProxies(mesh: Mesh, dumps: readonly EnvoyDump[]): MatchedProxies {
  const found = dumps.map((dump) => [dump, findWorkload(mesh, dump)] as const);
  const byWorkload = new Map<Workload, readonly EnvoyDump[]>();
  for (const [workload, list] of groupBy(found, ([, whose]) => whose)) {
    if (!workload) continue;
    const byPod = new Map(list.map(([dump]) => [dump.proxy.pod, dump]));
    byWorkload.set(
      workload,
      [...byPod.values()].sort((a, b) => (a.proxy.pod < b.proxy.pod ? -1 : 1)),
    );
  }
  return { byWorkload, strangers: found.filter(([, workload]) => !workload).map(([dump]) => dump) };
}

/** What istiod says of one proxy, with the file that says so. */
export interface Synced extends SyncedProxy {
  readonly from: SyncStatus;
}

/** The same for proxies that istiod tells of. */
export function matchSynced(mesh: Mesh, statuses: readonly SyncStatus[]): ReadonlyMap<Workload, readonly Synced[]> {
  const all = statuses.flatMap((from) => from.proxies.map((proxy) => ({ ...proxy, from })));
  const found = all.map((synced) => {
    const workload = findWorkload(mesh, { proxy: synced, cluster: synced.from.cluster });
    return [synced, workload] as const;
  });
  const byWorkload = new Map<Workload, readonly Synced[]>();
  for (const [workload, list] of groupBy(found, ([, whose]) => whose)) {
    if (workload) byWorkload.set(workload, [...new Map(list.map(([synced]) => [synced.pod, synced])).values()]);
  }
  return byWorkload;
}

interface Placed {
  readonly proxy: { readonly pod: string; readonly namespace: string; readonly workload?: string };
  readonly cluster: string;
}

export function findWorkload(mesh: Mesh, { proxy, cluster }: Placed): Workload | undefined {
  const here = workloadsIn(mesh, proxy.namespace).filter((each) => cluster === '' || each.cluster === cluster);
  const candidates = here.filter(({ pods }) => pods.includes(proxy.pod));
  if (candidates.length === 1) return candidates[0];
  const named = here.filter(({ name, pods }) => pods.length === 0 && name === proxy.workload);
  if (named.length === 1) return named[0];
  const made = here.filter(({ name, pods }) => pods.length === 0 && isPodOf(name, proxy.pod));
  return made.length === 1 ? made[0] : undefined;
}

const BY_NAMESPACE = new WeakMap<Mesh, ReadonlyMap<string, readonly Workload[]>>();

/** Of all clusters. */
function workloadsIn(mesh: Mesh, namespace: string): readonly Workload[] {
  let index = BY_NAMESPACE.get(mesh);
  if (!index) {
    index = groupBy(mesh.workloads, (workload) => workload.namespace);
    BY_NAMESPACE.set(mesh, index);
  }
  return index.get(namespace) ?? [];
}

/** `NAME`, `NAME-0` of a StatefulSet, `NAME-xxxxx` of others, `NAME-HASH-xxxxx` of a Deployment. */
const isPodOf = (name: string, pod: string): boolean =>
  pod === name ||
  (pod.startsWith(`${name}-`) && /^(\d+|([a-z0-9]{1,10}-)?[a-z0-9]{5})$/.test(pod.slice(name.length + 1)));
