import { workloadOfPod } from '../../evidence/traffic/locate-pod.ts';
import type { Facts } from '../../graph/facts.ts';
import { byOf } from '../../model/by.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { AuthorizationPolicy } from '../../model/istio/authorization-policy.ts';
import { applyChanges } from '../../remediate/apply-changes.ts';
import type { Rebuild } from '../../remediate/rebuild.ts';
import type { DryRun } from '../../result/dry-run.ts';
import { annotatedAt } from '../../rules/authz/annotated-policies.ts';
import { canBeEnforced, DRY_RUN, enforcing } from '../../rules/authz/enforced-copy.ts';
import { actionOf } from '../../semantics/authz/compile.ts';
import { isDryRun } from '../../semantics/authz/dry-run.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { EditedFiles } from '../plan/edit-files.ts';
import { renderOn } from '../plan/render-patches.ts';
import { review } from './review.ts';
import { repeatTests } from './repeat-tests.ts';
import { seenWindow } from './seen-window.ts';

type Reviewed = DryRun['policies'][number];

/** Whether each policy that only shadows may be enforced: what was seen, replayed on the mesh as it would be (reference §15.10). */
export function reviewPolicies(facts: Facts, rebuild: Rebuild, input: EditedFiles): DryRun {
  const window = seenWindow(facts.traffic);
  const trials = trialsOf(facts);
  const policies = [...trials].map(([policy, workloads]) =>
    reviewOne(facts, rebuild, input, { policy, workloads, window }),
  );
  const enforceable = [...trials].filter(([policy]) => canBeEnforced(policy));
  const all = enforced(
    facts,
    rebuild,
    enforceable.map(([policy]) => policy),
  );
  const touched = [...new Set(enforceable.flatMap(([, workloads]) => workloads))];
  return {
    window,
    policies,
    together: enforceable.length > 1 && all ? review(facts, all, touched, window).review : null,
  };
}

/** Policies on trial, by name, with the workloads that they are for. */
function trialsOf({ mesh, enforcement }: Facts): ReadonlyMap<AuthorizationPolicy, readonly Workload[]> {
  const trials = new Map<AuthorizationPolicy, Workload[]>();
  for (const policy of mesh.resources.of('AuthorizationPolicy')) if (isDryRun(policy)) trials.set(policy, []);
  if (trials.size === 0) return trials;
  for (const workload of mesh.workloads) {
    for (const policy of annotatedAt(enforcement, workload)) trials.get(policy)?.push(workload);
  }
  return trials;
}

interface Trial {
  readonly policy: AuthorizationPolicy;
  readonly workloads: readonly Workload[];
  readonly window: DryRun['window'];
}

function reviewOne(facts: Facts, rebuild: Rebuild, input: EditedFiles, { policy, workloads, window }: Trial): Reviewed {
  const { namespace, name } = policy;
  const about = {
    namespace,
    name,
    action: actionOf(policy),
    location: byOf(policy, { path: ['metadata', 'annotations', DRY_RUN] }).location,
    workloads: workloads.map(({ id }) => id),
    shadow: shadowOf(facts, policy, workloads),
  };
  const after = canBeEnforced(policy) ? enforced(facts, rebuild, [policy]) : undefined;
  if (!after)
    return {
      ...about,
      ...unknown(`a dry run of ${about.action} says nothing: it cannot be tried`),
      patch: null,
      tests: '',
    };
  const [patch = null] = renderOn(input, [enforcing(policy)]).patches;
  if (workloads.length === 0)
    return { ...about, ...unknown('it applies to no workload of the input'), patch, tests: '' };
  const { review: reviewed, kept } = review(facts, after, workloads, window);
  return { ...about, ...reviewed, patch, tests: repeatTests(after, reviewed.denies, kept) };
}

function enforced(facts: Facts, rebuild: Rebuild, policies: readonly AuthorizationPolicy[]): Enforcement | undefined {
  const applied = applyChanges(facts.enforcement, policies.map(enforcing), rebuild);
  return 'refused' in applied ? undefined : applied.enforcement;
}

const unknown = (reason: string): NonNullable<DryRun['together']> => ({
  readiness: 'unknown',
  reasons: [reason],
  denies: [],
  undecided: [],
  keeps: { of: 0, have: 0 },
  breaks: [],
});

/** Logs name the policy, metrics the pod: there the policies on trial of that action are counted together. */
function shadowOf(
  { traffic, mesh }: Facts,
  policy: AuthorizationPolicy,
  workloads: readonly Workload[],
): Reviewed['shadow'] {
  const about = traffic.shadows.filter(({ policy: named, action, pod, namespace }) => {
    if (named) return named.namespace === policy.namespace && named.name === policy.name;
    if (action !== actionOf(policy).toLowerCase() || pod === undefined || namespace === undefined) return false;
    const workload = workloadOfPod(mesh, { pod, namespace });
    return workload !== undefined && workloads.includes(workload);
  });
  if (about.length === 0) return null;
  const sum = (result: 'allowed' | 'denied'): number =>
    Math.round(about.reduce((all, each) => all + (each.result === result ? each.count : 0), 0));
  return { allowed: sum('allowed'), denied: sum('denied') };
}
