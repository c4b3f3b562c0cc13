import { withPolicies } from '../../graph/apply.ts';
import { openedRequests } from '../../graph/compare/opened-requests.ts';
import type { Facts } from '../../graph/facts.ts';
import type { IdleRule } from '../../graph/idle-rules.ts';
import { judgeRules } from '../../graph/idle-rules.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { AuthorizationPolicy } from '../../model/istio/authorization-policy.ts';
import type { Change } from '../../model/change/change.ts';
import { actionOf } from '../../semantics/authz/compile.ts';
import { SearchLimit } from '../../semantics/algebra/strings/find-word.ts';
import { isDryRun } from '../../semantics/authz/dry-run.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { targetsOf } from '../../semantics/policy-index.ts';
import { changeSpec } from '../changes.ts';
import { attachedTo, scopeOf } from '../policy-reach.ts';

export interface WithoutIdle {
  readonly kind: 'remove-policy' | 'remove-rules' | 'keep-empty';
  readonly change: Change;
  /** Workloads at which it was decided again, of all. */
  readonly checked: number;
  readonly of: number;
}

const CHECKED = 20;

/**
 * The policy without its idle rules, decided again: undefined where something would open or close. An ALLOW policy whose last rule goes stays,
 * empty, unless others keep the workload closed: that it applies is what refuses the rest.
 */
export function withoutIdle(
  facts: Facts,
  policy: AuthorizationPolicy,
  idle: readonly IdleRule[],
): WithoutIdle | undefined {
  const gone = new Set(idle.map(({ index }) => index));
  const left = (policy.spec.rules ?? []).filter((_, index) => !gone.has(index));
  const attached = attachedTo(facts, policy);
  const workloads = [...new Set([...idle.flatMap(({ at }) => at.map(({ workload }) => workload)), ...attached])];
  const asked = workloads.slice(0, CHECKED);
  const scope = new Set([...scopeOf(facts, asked), policy.namespace]);
  const { rules: _rules, ...rest } = policy.spec;
  const spec = left.length > 0 ? { ...rest, rules: left } : rest;
  const changed = { ...policy, spec };
  const removed = (): Enforcement => withPolicies(facts.enforcement, { remove: [policy] }, scope);
  const count = { checked: asked.length, of: workloads.length };
  const canGo = left.length === 0 && (actionOf(policy) === 'DENY' || isKeptClosed(facts, policy, workloads));
  if (canGo && changesNothing(facts, removed(), asked))
    return { kind: 'remove-policy', change: { kind: 'remove', resource: policy }, ...count };
  // A DENY without rules denies nothing, and the API refuses it.
  if (left.length === 0 && actionOf(policy) === 'DENY') return undefined;
  if (!changesNothing(facts, withPolicies(facts.enforcement, { add: [changed] }, scope), asked)) return undefined;
  return {
    kind: left.length > 0 ? 'remove-rules' : 'keep-empty',
    change: changeSpec(policy, spec),
    ...count,
  };
}

/** Every workload has another ALLOW policy that does not go as well: with rules that decide, or without any. */
function isKeptClosed(facts: Facts, policy: AuthorizationPolicy, workloads: readonly Workload[]): boolean {
  // What a waypoint holds is another list than its pods'.
  if (targetsOf(policy.spec).length > 0) return false;
  const judgements = judgeRules(facts.enforcement);
  const stays = (other: AuthorizationPolicy): boolean =>
    other !== policy &&
    actionOf(other) === 'ALLOW' &&
    !isDryRun(other) &&
    ((other.spec.rules ?? []).length === 0 ||
      [...(judgements.get(other)?.values() ?? [])].some(({ kind }) => kind === 'decides'));
  return workloads.every((workload) => {
    if (workload.dataPlane.kind === 'none') return false;
    const { considered } =
      workload.dataPlane.kind === 'ambient'
        ? facts.enforcement.ztunnel(workload)
        : { considered: facts.enforcement.envoy(workload).authorization };
    return considered.some(stays);
  });
}

function changesNothing({ enforcement }: Facts, after: Enforcement, workloads: readonly Workload[]): boolean {
  try {
    return workloads.every((workload) =>
      workload.ports.every(
        (port) =>
          openedRequests({ before: enforcement, after }, workload, workload, port).length === 0 &&
          openedRequests({ before: after, after: enforcement }, workload, workload, port).length === 0,
      ),
    );
  } catch (error) {
    if (error instanceof SearchLimit) return false;
    throw error;
  }
}
