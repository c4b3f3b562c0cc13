import { isMachine } from '../../../model/inventory/member.ts';
import { type Mesh, namespaceKey, principal, type Workload } from '../../../model/inventory/types.ts';
import type { Foothold } from '../foothold.ts';
import { tier0Of } from '../tier0.ts';
import type { Grant } from './grants.ts';

/** Control of a workload, or the end of the path if it is tier 0. */
export function controlOf(mesh: Mesh, workload: Workload): Foothold {
  const found = tier0Of(mesh).get(workload);
  return found ? { kind: 'tier0', name: found.name, workload } : { kind: 'workload', workload };
}

/** Pods in the namespace of a grant; whatever runs there. */
export function podsUnder(mesh: Mesh, { cluster, namespace }: Grant): readonly Workload[] {
  if (namespace === undefined) return [];
  return (mesh.workloadsByNamespace.get(namespaceKey(cluster, namespace)) ?? []).filter((each) => !isMachine(each));
}

/** What a pod in the namespace of a grant can become: any workload there, or with the account of a machine its identity only. */
export function identitiesUnder(mesh: Mesh, { cluster, namespace }: Grant): (place: Workload) => readonly Foothold[] {
  const all = namespace === undefined ? [] : (mesh.workloadsByNamespace.get(namespaceKey(cluster, namespace)) ?? []);
  const pods = all.filter((each) => !isMachine(each)).map((workload) => controlOf(mesh, workload));
  const machines = all.filter((each) => isMachine(each));
  if (machines.length === 0) return () => pods;
  const config = mesh.clusterByName.get(cluster)?.config ?? mesh.config;
  return (from) => [
    ...pods,
    ...machines.map((holder): Foothold => {
      const own = principal(config.trustDomain.value, holder.namespace, holder.serviceAccount);
      return { kind: 'identity', principal: holder.identity ?? own, holder, from };
    }),
  ];
}

/** Namespaces whose pods and accounts run the cluster or the mesh, whether the input shows them or not. */
export function holdsControlPlane({ config }: Mesh, namespace: string | undefined): boolean {
  return namespace === 'kube-system' || namespace === config.rootNamespace.value;
}

/** The workload that a pod of that name belongs to, by the way controllers name pods. */
export function isPodOf(name: string, workload: Workload): boolean {
  return name === workload.name || name.startsWith(`${workload.name}-`);
}
