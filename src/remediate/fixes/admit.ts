import type { Facts } from '../../graph/facts.ts';
import { isCaptured } from '../../semantics/capture.ts';
import { namespaceKey, type Workload } from '../../model/inventory/types.ts';
import type { AuthorizationRule } from '../../model/istio/authorization-policy.ts';
import { allowRules } from '../../rules/authz/allow-rules.ts';
import { callersOf, type NamedCaller } from '../../rules/authz/callers.ts';

/** Rules that let in who is known to call a workload. */
export interface Admission {
  readonly rules: readonly AuthorizationRule[];
  readonly callers: readonly NamedCaller[];
  /** Whether the workload's own namespace stays admitted, since nobody stated anything there. */
  readonly admitsOwn: boolean;
  /** Nothing is declared or accepted: whether somebody else calls is not known. */
  readonly isUnknown: boolean;
}

/**
 * Least privilege from what is wanted. Where nobody stated anything for the namespace, it stays admitted besides those who are implied: the callers
 * that a team forgets to name are its own. Where its neighbours have stated callers, one without has none.
 */
export function admissionOf(
  facts: Facts,
  workload: Workload,
  { where = 'workload', hadOwn = true }: { readonly where?: 'workload' | 'waypoint'; readonly hadOwn?: boolean } = {},
): Admission {
  const { named, nameless } = callersOf(facts, workload);
  const callers = where === 'waypoint' ? named.filter(({ from }) => from.gateway?.kind !== 'waypoint') : named;
  const ports = workload.ports
    .filter(({ port, transport }) => isCaptured(workload, port, transport).captured)
    .map(({ port }) => port);
  const isUnknown = !facts.wanted.isStated(workload);
  const rules =
    where === 'waypoint'
      ? allowRules(
          workload,
          callers.map((caller) => ({ ...caller, ports: [] })),
          [],
        )
      : allowRules(workload, callers, ports);
  const own: AuthorizationRule = { from: [{ source: { namespaces: [workload.namespace] } }] };
  // API servers call webhooks without any identity of the mesh.
  const open = nameless
    .filter(({ caller, port }) => caller === 'kube-apiserver' && port !== undefined)
    .map(({ port }): AuthorizationRule => ({ to: [{ operation: { ports: [String(port)] } }] }));
  const admitsOwn = isUnknown && hadOwn && !isNamespaceStated(facts, workload);
  return { rules: [...rules, ...(admitsOwn ? [own] : []), ...open], callers, admitsOwn, isUnknown };
}

/** Whether somebody stated who calls a workload of the same namespace. */
export function isNamespaceStated(facts: Facts, { cluster, namespace }: Workload): boolean {
  const known = STATED.get(facts.wanted) ?? new Map<string, boolean>();
  STATED.set(facts.wanted, known);
  const key = namespaceKey(cluster, namespace);
  let stated = known.get(key);
  if (stated === undefined) {
    stated = (facts.mesh.workloadsByNamespace.get(key) ?? []).some((each) => facts.wanted.isStated(each));
    known.set(key, stated);
  }
  return stated;
}

/**
 * Whether to take a workload's own namespace for its callers where nobody said who they are: only for what is known to be sensitive, which is
 * worth the risk of refusing somebody. All else is watched first.
 */
export function isWorthGuessing(facts: Facts, workload: Workload): boolean {
  const { level, basis } = facts.sensitivity(workload);
  return (level === 'critical' || level === 'high') && (basis === 'declared' || basis === 'label');
}

const STATED = new WeakMap<Facts['wanted'], Map<string, boolean>>();
