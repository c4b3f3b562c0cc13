import type { Mesh, WorkloadId } from '../../model/inventory/types.ts';
import type { RequestFrom } from '../../result/request.ts';
import type { Unresolved } from '../../semantics/resolve-request.ts';
import { unknownName } from './name-in-mesh.ts';

const PLACES = ['pod-outside-mesh', 'node', 'apiserver'] as const;

const FORMS =
  'give ns/workload, internet, principal:td/ns/N/sa/S, pod-outside-mesh, hostnetwork:ns/name, node or apiserver';

/** `--from`: who sends. */
export function readSource(mesh: Mesh, text: string): RequestFrom | Unresolved {
  const ids = mesh.workloads.map(({ id }) => id);
  const place = PLACES.find((each) => each === text);
  if (place) return { position: place };
  if (text === 'internet') return { internet: true };
  const principal = /^principal:(?:spiffe:\/\/)?(.+)$/.exec(text)?.[1] ?? /^spiffe:\/\/(.+)$/.exec(text)?.[1];
  if (principal !== undefined) return readPrincipal(principal);
  const onHost = /^hostnetwork:(.+)$/.exec(text)?.[1];
  if (onHost !== undefined) {
    const workload = mesh.workloadById.get(onHost as WorkloadId);
    const hosts = mesh.workloads.filter(({ hostNetwork }) => hostNetwork).map(({ id }) => id);
    if (!workload) return unknownName('workload in the host network', onHost, hosts);
    if (workload.hostNetwork) return { workload: workload.id };
    return {
      error: `\`${onHost}\` does not use the host's network`,
      help: hosts.length > 0 ? `what does: ${hosts.join(', ')}` : `ask without \`hostnetwork:\`, or \`--from node\``,
    };
  }
  if (mesh.workloadById.has(text as WorkloadId)) return { workload: text };
  if (!text.includes('/')) {
    const only = ids.filter((id) => id.slice(id.lastIndexOf('/') + 1) === text);
    if (only.length === 0 && !/^[a-z0-9.-]+$/.test(text)) return { error: `\`${text}\` is no source`, help: FORMS };
  }
  return unknownName('workload', text, [...ids, 'internet', ...PLACES]);
}

function readPrincipal(principal: string): RequestFrom | Unresolved {
  if (/^[^/]+\/ns\/[^/]+\/sa\/[^/]+$/.test(principal)) return { principal };
  return {
    error: `\`${principal}\` is no identity of a workload`,
    help: 'it has the form trust-domain/ns/NAMESPACE/sa/SERVICE-ACCOUNT: principal:cluster.local/ns/shop/sa/web',
  };
}
