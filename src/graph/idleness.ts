import { byOf } from '../model/by.ts';
import type { AuthorizationPolicy } from '../model/istio/authorization-policy.ts';
import type { By } from '../result/location.ts';
import { type Contradiction, findContradiction } from './contradiction.ts';
import { all, any, EVERYTHING, type Formula, not } from '../semantics/algebra/formula.ts';
import type { RuleSet } from '../semantics/algebra/chain-formula.ts';
import type { Region } from '../semantics/algebra/region.ts';

/** Why a rule decides nothing wherever its policy applies. */
export type Idleness =
  /** No request can match it: its conditions contradict each other, or what requests can be. */
  | { readonly kind: 'never-matches'; readonly because?: Contradiction }
  /** ALLOW: every request that it matches is denied. */
  | { readonly kind: 'always-denied'; readonly by: readonly By[] }
  /** Every request that it matches is matched by other rules of the same action. */
  | { readonly kind: 'covered'; readonly by: readonly By[] }
  /** DENY: every request that it matches is refused without it, since no ALLOW rule matches. */
  | { readonly kind: 'nothing-to-deny' };

export interface EnforcedRule {
  readonly policy: AuthorizationPolicy;
  readonly index: number;
  readonly action: 'ALLOW' | 'DENY';
  readonly matches: Formula;
  /** As a chain of filters has it; absent at ztunnel. */
  readonly set?: RuleSet;
}

/** What each rule does in one way to a port; undefined: it decides. Remembered, since workloads of the same policies share their sets. */
export function judgeRegion(region: Region): ReadonlyMap<EnforcedRule, Idleness | undefined> {
  const { point, solver } = region;
  if (!point) return new Map();
  const known = JUDGED.get(solver) ?? new WeakMap<object, ReadonlyMap<EnforcedRule, Idleness | undefined>>();
  JUDGED.set(solver, known);
  const judged = known.get(point.sets) ?? judgeRules(region);
  known.set(point.sets, judged);
  return judged;
}

const JUDGED = new WeakMap<Region['solver'], WeakMap<object, ReadonlyMap<EnforcedRule, Idleness | undefined>>>();

function judgeRules(region: Region): ReadonlyMap<EnforcedRule, Idleness | undefined> {
  const rules = rulesOf(region);
  const authenticated =
    region.point && 'authenticated' in region.point.sets ? region.point.sets.authenticated : EVERYTHING;
  const judged = new Map<EnforcedRule, Idleness | undefined>();
  // Of two rules that cover each other the earlier one stays: the later is left out of what covers it.
  let rest = rules;
  for (const rule of [...rules].reverse()) {
    const why = idlenessOf(region, rule, rest, authenticated);
    if (why?.kind === 'covered') rest = rest.filter((other) => other !== rule);
    judged.set(rule, why);
  }
  return new Map(rules.map((rule) => [rule, judged.get(rule)]));
}

/** The rules that one way to a port is decided by. */
export function rulesOf({ point }: Region): readonly EnforcedRule[] {
  if (!point) return [];
  if (point.kind === 'ztunnel') {
    const { deny, allow } = point.sets;
    const rules = (groups: typeof deny, action: EnforcedRule['action']): readonly EnforcedRule[] =>
      groups.flatMap(({ authorization, group, matches }) =>
        group.rule === undefined
          ? []
          : [{ policy: authorization.source as AuthorizationPolicy, index: group.rule, action, matches }],
      );
    return [...rules(deny, 'DENY'), ...rules(allow, 'ALLOW')];
  }
  const { deny, allow } = point.sets;
  const rules = (sets: typeof deny, action: EnforcedRule['action']): readonly EnforcedRule[] =>
    sets.map((set) => {
      const { compiled, rule, matches } = set;
      return { policy: compiled.policy, index: rule.index, action, matches, set };
    });
  return [...rules(deny, 'DENY'), ...rules(allow, 'ALLOW')];
}

function idlenessOf(
  region: Region,
  rule: EnforcedRule,
  rules: readonly EnforcedRule[],
  authenticated: Formula,
): Idleness | undefined {
  const { solver, point } = region;
  const possible = all([authenticated, rule.matches]);
  if (solver.isEmpty(possible)) {
    const because = rule.set && findContradiction(region, rule.set, authenticated);
    return { kind: 'never-matches', ...(because ? { because } : {}) };
  }
  const isSame = (other: EnforcedRule): boolean => other.policy === rule.policy && other.index === rule.index;
  const peers = rules.filter((other) => other.action === rule.action && !isSame(other));
  const denies = rules.filter(({ action }) => action === 'DENY');
  if (rule.action === 'ALLOW') {
    const by = coveredBy(solver, possible, denies);
    if (by) return { kind: 'always-denied', by };
  }
  const by = coveredBy(solver, possible, peers);
  if (by) return { kind: 'covered', by };
  const allows = rules.filter(({ action }) => action === 'ALLOW');
  if (rule.action === 'DENY' && point?.sets.restricted) {
    const allowed = all([possible, any(allows.map(({ matches }) => matches))]);
    if (solver.isEmpty(allowed)) return { kind: 'nothing-to-deny' };
  }
  return undefined;
}

/** Rules that together match all requests of a set, as few as leaving them out one by one shows; undefined: they do not. */
function coveredBy(
  solver: Region['solver'],
  requests: Formula,
  rules: readonly EnforcedRule[],
): readonly By[] | undefined {
  const covers = (some: readonly EnforcedRule[]): boolean =>
    solver.isEmpty(all([requests, ...some.map(({ matches }) => not(matches))]));
  const touching = rules.filter(({ matches }) => !solver.isEmpty(all([requests, matches])));
  if (touching.length === 0 || !covers(touching)) return undefined;
  let needed = touching;
  for (const rule of touching) {
    const fewer = needed.filter((other) => other !== rule);
    if (covers(fewer)) needed = fewer;
  }
  return needed.map(({ policy, index }) => byOf(policy, { rule: index, path: ['spec', 'rules', index] }));
}
