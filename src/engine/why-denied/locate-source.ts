import { strangerOf } from '../../semantics/stranger.ts';
import type { Mesh, Principal } from '../../model/inventory/types.ts';
import type { RequestFrom, RequestTo } from '../../result/request.ts';
import { hostOf, workloadAt, workloadOfPod } from './locate-pod.ts';
import type { SeenRequest } from '../../model/observation/seen-request.ts';

export interface LocatedSource {
  readonly from: RequestFrom;
  /** False: the line does not say who called; `from` stands for a mesh identity that no policy names. */
  readonly known: boolean;
}

/** Who sent a request that a log line tells of. Envoy's default format shows an address, never an identity. */
export function locateSource(mesh: Mesh, seen: SeenRequest, to: RequestTo): LocatedSource {
  const known = (from: RequestFrom): LocatedSource => ({ from, known: true });
  if (seen.kind === 'ztunnel') {
    const end = seen.source ?? {};
    const ip = hostOf(end.address);
    const workload = workloadOfPod(mesh, end) ?? workloadAt(mesh, ip);
    const plaintext = end.principal === undefined ? { plaintext: true as const } : {};
    const address = ip === undefined ? {} : { ip };
    if (workload && (end.principal === undefined || workload.identity === end.principal))
      return known({ workload: workload.id, ...plaintext, ...address });
    if (end.principal !== undefined) {
      const holder = mesh.identities.get(end.principal as Principal)?.[0];
      return known(holder ? { workload: holder.id, ...address } : { principal: end.principal, ...address });
    }
    return known({ plaintext: true, ...address });
  }
  const ip = hostOf(seen.downstreamRemote);
  const isInbound = seen.cluster?.startsWith('inbound|') ?? false;
  const plaintext = isInbound && seen.sni === null ? { plaintext: true as const } : {};
  const workload = workloadAt(mesh, ip);
  if (workload) return known({ workload: workload.id, ...plaintext });
  if (to.gateway !== undefined) return known({ internet: true, ...(ip === undefined ? {} : { ip }) });
  if (isInbound && seen.sni === null) return known({ plaintext: true, ...(ip === undefined ? {} : { ip }) });
  return { from: { principal: strangerOf(mesh.config.trustDomain.value) }, known: false };
}
