import type { Facts } from '../../graph/facts.ts';
import { type IdleRule, judgeRules } from '../../graph/idle-rules.ts';
import type { Idleness } from '../../graph/idleness.ts';
import type { AuthorizationPolicy } from '../../model/istio/authorization-policy.ts';
import { actionOf } from '../../semantics/authz/compile.ts';
import type { CauseGroup, Explanation } from '../rule.ts';
import { fewOf } from '../workload-names.ts';
import { describeIdle } from './describe-idle.ts';
import { type WithoutIdle, withoutIdle } from './without-idle.ts';

/** What the idle rules of one policy come to, and the policy without them. */
export function explainIdle({ cause, fails }: CauseGroup, facts: Facts): Explanation {
  const policy =
    cause && facts.mesh.resources.find('AuthorizationPolicy', cause.namespace, cause.name, fails[0]?.subject.cluster);
  if (!policy) throw new RangeError('nothing fails without a policy');
  const idle = [...(judgeRules(facts.enforcement).get(policy)?.values() ?? [])]
    .filter((rule): rule is IdleRule => rule.kind === 'idle')
    .sort((a, b) => a.index - b.index);
  const all = policy.spec.rules?.length ?? 0;
  const name = `${policy.namespace}/${policy.name}`;
  const fix = withoutIdle(facts, policy, idle);
  const isMistake = idle.some(({ why }) => why.kind === 'never-matches' || why.kind === 'always-denied');
  return {
    title: titleOf(policy, idle, all),
    scenario: `${idle.map(describeIdle).slice(0, SHOWN).join('. ')}. No verdict would be another without ${idle.length === 1 ? 'it' : 'them'}.`,
    impact: impactOf(policy, idle),
    remediation: {
      summary: summaryOf(name, idle, all, fix),
      changes: fix ? [fix.change] : [],
      steps: [
        ...(isMistake
          ? [
              'find out first what the rule was meant to match: if it was written by mistake, correct it instead of taking it out',
            ]
          : []),
        ...(idle.some(({ why }) => why.kind === 'nothing-to-deny')
          ? [
              'keep a DENY that stands guard on purpose, against ALLOW rules to come, and accept the finding as an exception',
            ]
          : []),
        ...(fix?.kind === 'keep-empty'
          ? ['the policy stays without rules: that an ALLOW policy applies is what refuses everything here']
          : []),
        ...(fix
          ? [
              `decided again on the model at ${fix.checked} of ${fix.of} ${fix.of === 1 ? 'workload' : 'workloads'}: nothing opens, nothing closes`,
            ]
          : ['no patch: without the rules a verdict would change on the model, or that was not settled']),
      ],
    },
    validation: {
      positive: [`every call that passes today passes as before: meshproof diff OLD NEW shows no difference`],
      negative: [`every request that is refused today is refused as before`],
    },
    rollback: `apply the earlier version of ${name}; no verdict differs between the two`,
  };
}

const SHOWN = 3;

function titleOf(policy: AuthorizationPolicy, idle: readonly IdleRule[], all: number): string {
  const name = `${actionOf(policy)} ${policy.namespace}/${policy.name}`;
  if (idle.length < all)
    return `${name}: ${idle.length} of ${all} rules ${idle.length === 1 ? 'decides' : 'decide'} nothing`;
  const kinds = new Set(idle.map(({ why }) => why.kind));
  const isShadowed = kinds.has('covered') || kinds.has('always-denied');
  const rules = all === 1 ? 'its rule decides nothing' : `all its ${all} rules decide nothing`;
  return `${name} is ${isShadowed ? 'shadowed' : 'dead'}: ${rules}`;
}

function summaryOf(name: string, idle: readonly IdleRule[], all: number, fix: WithoutIdle | undefined): string {
  const rules = `rules[${fewOf(
    idle.map(({ index }) => String(index)),
    SHOWN,
  )}]`;
  if (!fix) return `review ${rules} of ${name}`;
  switch (fix.kind) {
    case 'remove-policy':
      return `delete ${name}`;
    case 'remove-rules':
      return `take ${rules} out of ${name}`;
    case 'keep-empty':
      return `take ${all === 1 ? 'its rule' : 'all rules'} out of ${name}, and keep the policy`;
    default: {
      const never: never = fix.kind;
      return never;
    }
  }
}

function impactOf(policy: AuthorizationPolicy, idle: readonly IdleRule[]): string {
  const has = (kind: Idleness['kind']): boolean => idle.some(({ why }) => why.kind === kind);
  if (actionOf(policy) === 'DENY' && has('never-matches'))
    return 'Defence in depth: a protection that reads as if it were there refuses nothing.';
  if (actionOf(policy) === 'ALLOW' && (has('never-matches') || has('always-denied')))
    return 'Availability and operations: whoever was meant to be admitted is refused, and a change elsewhere may open the rule unseen.';
  return 'Operations: whoever reads the policy takes the rule for a control; a change of the other rules gives it effect unseen.';
}
