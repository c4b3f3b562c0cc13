import { byOf, objectOf } from '../../model/by.ts';
import { type Mesh, namespaceKey, type Workload, type WorkloadPort } from '../../model/inventory/types.ts';
import type { By } from '../../result/location.ts';
import { isCaptured } from '../../semantics/capture.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { modeOfPort } from '../../semantics/mtls/effective-mode.ts';

/**
 * The object to change so that an opening goes away: what keeps the proxy from seeing the port, else the rule that lets callers in, else, where
 * no rule is there, the mode that lets plaintext in or the namespace that lacks a default deny (design §4, `cause`).
 */
export function causeOfOpening(
  enforcement: Enforcement,
  workload: Workload,
  port: WorkloadPort,
  transport: 'mtls' | 'plaintext',
  rule: By | null,
): By {
  const captured = isCaptured(workload, port.port, port.transport);
  if (!captured.captured) return captured.by ?? homeOf(enforcement.mesh, workload);
  if (rule) return rule;
  if (transport === 'plaintext' && workload.dataPlane.kind === 'sidecar') {
    const { mode, by } = modeOfPort(enforcement.modes(workload), port.port);
    if (mode !== 'STRICT' && by) return by;
  }
  return homeOf(enforcement.mesh, workload);
}

/** The Namespace of a workload; where it is not in the input, the workload itself. */
function homeOf(mesh: Mesh, workload: Workload): By {
  const namespace = mesh.namespaces.get(namespaceKey(workload.cluster, workload.namespace))?.resource;
  return byOf(namespace ?? workload.resource);
}

/** The account that several workloads share; where it is not in the input, the workload that should not use it. */
export function causeOfSharing(mesh: Mesh, source: Workload): By {
  const { cluster, namespace, serviceAccount, resource, templatePath } = source;
  const account = mesh.resources.find('ServiceAccount', namespace, serviceAccount, cluster);
  return account
    ? byOf(account)
    : byOf(resource, { path: [...templatePath, 'spec', 'serviceAccountName'], clause: 'serviceAccountName' });
}

/** Tells causes apart: the object, and which of its rules. */
export function causeKey(by: By): string {
  const { kind, namespace, name, rule } = by;
  const cluster = objectOf(by)?.resource.cluster ?? '';
  return `${kind} ${namespaceKey(cluster, namespace)}/${name} ${rule ?? ''}`;
}
