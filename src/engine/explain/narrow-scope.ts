import { matchesLabels } from '../../model/inventory/label-selection.ts';
import { type Mesh, namespaceKey, type Workload } from '../../model/inventory/types.ts';
import type { AuthorizationPolicy } from '../../model/istio/authorization-policy.ts';
import { selectorOf } from '../../rules/select-workload.ts';
import type { Judged } from '../../semantics/judged.ts';
import { hasSelector, matchLabelsOf, targetsOf } from '../../semantics/policy-index.ts';

/** Whether a policy is about the workload (or, at a waypoint, the service) in question and nothing else. */
export function isAboutOnly(mesh: Mesh, policy: AuthorizationPolicy, { point, workload, service }: Judged): boolean {
  const targets = targetsOf(policy.spec);
  if (targets.length > 0) {
    const [target] = targets;
    if (targets.length > 1 || !target) return false;
    if (point === 'waypoint') return target.kind === 'Service' && target.name === service?.name;
    return target.kind === 'Gateway' && target.name === workload.gateway?.gatewayName;
  }
  if (point === 'waypoint' || !hasSelector(policy.spec) || policy.namespace !== workload.namespace) return false;
  return selectedBy(mesh, policy).every((each) => each === workload);
}

/** Workloads of the mesh that a policy selects by label or namespace; those that it names by `targetRefs` are not followed. */
export function selectedBy(mesh: Mesh, policy: AuthorizationPolicy): readonly Workload[] {
  const root = mesh.config.rootNamespace.value;
  const near =
    policy.namespace === root
      ? mesh.workloads
      : (mesh.workloadsByNamespace.get(namespaceKey(policy.cluster, policy.namespace)) ?? []);
  return near.filter(
    ({ dataPlane, labels, cluster }) =>
      dataPlane.kind !== 'none' && cluster === policy.cluster && matchesLabels(matchLabelsOf(policy.spec), labels),
  );
}

/** How a new policy would name just this workload or service; undefined: no label tells it from its neighbours. */
export function scopeOf(
  mesh: Mesh,
  { point, workload, service }: Judged,
): { readonly namespace: string; readonly name: string; readonly spec: Readonly<Record<string, unknown>> } | undefined {
  if (point === 'waypoint') {
    const target = service
      ? { kind: 'Service', group: '', name: service.name }
      : { kind: 'Gateway', group: 'gateway.networking.k8s.io', name: workload.gateway?.gatewayName ?? workload.name };
    const { namespace, name } = service ?? workload;
    return { namespace, name, spec: { targetRefs: [target] } };
  }
  const matchLabels = selectorOf(mesh, workload);
  return matchLabels && { namespace: workload.namespace, name: workload.name, spec: { selector: { matchLabels } } };
}
