import type { Mesh, Principal } from '../../model/inventory/types.ts';
import type { RequestFrom, RequestTo } from '../../result/request.ts';
import { hostOf, workloadAt, workloadOfPod, workloadOfProxy } from './locate-pod.ts';
import type { SeenRequest } from '../../model/observation/seen-request.ts';

/**
 * Who sent a request that a log line tells of; undefined: some mesh identity, and the line does not say which. Envoy's default format shows an
 * address, never an identity.
 */
export function locateSource(mesh: Mesh, seen: SeenRequest, to: Pick<RequestTo, 'gateway'>): RequestFrom | undefined {
  if (seen.kind === 'ztunnel') {
    const end = seen.source ?? {};
    const ip = hostOf(end.address);
    const workload = workloadOfPod(mesh, end) ?? workloadAt(mesh, ip);
    const plaintext = end.principal === undefined ? { plaintext: true as const } : {};
    const address = ip === undefined ? {} : { ip };
    if (workload && (end.principal === undefined || workload.identity === end.principal))
      return { workload: workload.id, ...plaintext, ...address };
    if (end.principal !== undefined) {
      const holder = mesh.identities.get(end.principal as Principal)?.[0];
      return holder ? { workload: holder.id, ...address } : { principal: end.principal, ...address };
    }
    return { plaintext: true, ...address };
  }
  const { principal } = seen.source ?? {};
  if (principal !== undefined) {
    const holders = mesh.identities.get(principal as Principal) ?? [];
    return holders.length === 1 && holders[0] ? { workload: holders[0].id } : { principal };
  }
  const sender = seen.cluster?.startsWith('outbound|') && to.gateway === undefined && workloadOfProxy(mesh, seen.proxy);
  if (sender) return { workload: sender.id };
  const ip = hostOf(seen.downstreamRemote);
  const isInbound = seen.cluster?.startsWith('inbound|') ?? false;
  const plaintext = isInbound && seen.sni === null ? { plaintext: true as const } : {};
  const workload = workloadAt(mesh, ip);
  if (workload) return { workload: workload.id, ...plaintext };
  if (to.gateway !== undefined) return { internet: true, ...(ip === undefined ? {} : { ip }) };
  if (isInbound && seen.sni === null) return { plaintext: true, ...(ip === undefined ? {} : { ip }) };
  return undefined;
}
