import { openedRequests } from '../../graph/compare/opened-requests.ts';
import type { Facts } from '../../graph/facts.ts';
import { makeFacts } from '../../graph/make-facts.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { findIdleRules, type IdleRule } from '../../graph/idle-rules.ts';
import type { AuthorizationPolicy } from '../../model/istio/authorization-policy.ts';
import { attachedTo } from '../../rules/policy-reach.ts';
import { describeIdle } from '../../rules/authz/describe-idle.ts';
import { withoutIdle } from '../../rules/authz/without-idle.ts';
import { actionOf } from '../../semantics/authz/compile.ts';
import { groupBy } from '../../util/group-by.ts';
import { type Candidate, nameOf } from '../candidate.ts';
import type { Hardening } from './hardening.ts';

/**
 * Rules of AuthorizationPolicies that decide nothing, since others say the same or since nothing can match them: out, where no verdict changes.
 * A DENY that stands guard against ALLOW rules to come is left alone, and so is one that can match nothing: it was meant to protect.
 */
export const removeIdleRules: Hardening = {
  id: 'remove-idle-rules',
  propose(facts) {
    const byPolicy = groupBy(findIdleRules(facts.enforcement).filter(isDead), ({ policy }) => policy);
    return [...byPolicy].flatMap(([policy, idle]) => candidateFor(facts, policy, idle));
  },

  holds(_facts, { destinations }, states) {
    const back = { before: states.after, after: states.before };
    if (impliedBy(states.before, destinations) !== impliedBy(states.after, destinations)) return false;
    return destinations.every(({ id }) => {
      const before = states.before.mesh.workloadById.get(id);
      const after = states.after.mesh.workloadById.get(id);
      if (!before || !after) return false;
      return after.ports.every(
        (port) =>
          openedRequests(states, before, after, port).length === 0 &&
          openedRequests(back, after, before, port).length === 0,
      );
    });
  },
};

/**
 * What policies say of who is meant to call. A rule that names callers beside one that admits everybody decides nothing, and is all the same
 * the one to keep.
 */
function impliedBy(enforcement: Enforcement, workloads: readonly Workload[]): string {
  const { wanted } = makeFacts(enforcement, {});
  const flows = workloads.flatMap((workload) =>
    wanted.to(workload).map(({ by: _by, ...flow }) => JSON.stringify(flow)),
  );
  return [...new Set(flows)].sort().join('\n');
}

const isDead = ({ policy, why: { kind } }: IdleRule): boolean =>
  kind !== 'nothing-to-deny' && (actionOf(policy) === 'ALLOW' || kind === 'covered');

const MOST_WORKLOADS = 20;

function candidateFor(facts: Facts, policy: AuthorizationPolicy, idle: readonly IdleRule[]): readonly Candidate[] {
  const places = idle.flatMap(({ at }) => at.map(({ workload }) => workload));
  const workloads = [...new Set([...places, ...attachedTo(facts, policy)])];
  if (workloads.length > MOST_WORKLOADS) return [];
  const found = withoutIdle(facts, policy, idle);
  if (!found) return [];
  const name = nameOf(policy);
  const rules = idle.map(({ index }) => index).sort((a, b) => a - b);
  const which = rules.length === 1 ? `rule ${rules[0]}` : `rules ${rules.join(', ')}`;
  const isMistake = idle.some(({ why: { kind } }) => kind !== 'covered');
  return [
    {
      id: `remove-idle-rules ${name}`,
      summary:
        found.kind === 'remove-policy'
          ? `${name}: delete it, since it decides nothing`
          : `${name} ${which}: out, since ${rules.length === 1 ? 'it decides' : 'they decide'} nothing`,
      changes: [found.change],
      destinations: workloads,
      senders: [],
      effort: 1,
      isTidying: true,
      judgedBy: ['authz/idle-rule'],
      unknownCallers: [],
      unproven: isMistake
        ? [`what ${which} of ${name} was meant to match: correct it instead, where it was a mistake`]
        : [],
      preconditions: [],
      sideEffects: [
        'no verdict changes, which is decided both ways on the model',
        ...idle.slice(0, 3).map(describeIdle),
      ],
    },
  ];
}
