import type { Pod } from '../../k8s/pod.ts';
import type { OwnerReference } from '../../resource.ts';
import { isObject } from '../../shape.ts';

/** `status.phase`; undefined for a manifest, which has no status. */
function phaseOf(pod: Pod): string | undefined {
  const phase = isObject(pod.status) ? pod.status.phase : undefined;
  return typeof phase === 'string' ? phase : undefined;
}

export function isCompleted(pod: Pod): boolean {
  const phase = phaseOf(pod);
  return phase === 'Succeeded' || phase === 'Failed';
}

/** Whether the pod was read from a cluster, so that its containers and annotations are what admission made of it. */
export function isLive(pod: Pod): boolean {
  return phaseOf(pod) !== undefined || addressesOf(pod).length > 0;
}

/** `status.podIPs`, or `status.podIP` alone, as written. Host-network pods have their node's address, which is left out. */
export function addressesOf(pod: Pod): readonly string[] {
  if (!isObject(pod.status) || pod.spec.hostNetwork) return [];
  const { podIPs, podIP } = pod.status;
  const listed = Array.isArray(podIPs) ? podIPs.map((entry) => (isObject(entry) ? entry.ip : undefined)) : [];
  const addresses = listed.filter((ip): ip is string => typeof ip === 'string');
  if (addresses.length > 0) return addresses;
  return typeof podIP === 'string' && podIP !== '' ? [podIP] : [];
}

/** The owner that manages the object: the one marked as controller, or the only one. */
export function controllerOf(references: readonly OwnerReference[]): OwnerReference | undefined {
  return references.find(({ controller }) => controller) ?? (references.length === 1 ? references[0] : undefined);
}
