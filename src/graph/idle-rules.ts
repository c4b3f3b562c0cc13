import type { Workload, WorkloadPort } from '../model/inventory/types.ts';
import { byOf } from '../model/by.ts';
import type { AuthorizationPolicy } from '../model/istio/authorization-policy.ts';
import type { By } from '../result/location.ts';
import { all, any, EVERYTHING, type Formula, not } from '../semantics/algebra/formula.ts';
import type { Region } from '../semantics/algebra/region.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import { waysTo } from './reach/port-reach.ts';

/** Why a rule decides nothing wherever its policy applies. */
export type Idleness =
  /** No request can match it: its conditions contradict each other, or what requests can be. */
  | { readonly kind: 'never-matches' }
  /** ALLOW: every request that it matches is denied. */
  | { readonly kind: 'always-denied'; readonly by: readonly By[] }
  /** Every request that it matches is matched by other rules of the same action. */
  | { readonly kind: 'covered'; readonly by: readonly By[] }
  /** DENY: every request that it matches is refused without it, since no ALLOW rule matches. */
  | { readonly kind: 'nothing-to-deny' };

export interface IdleRule {
  readonly policy: AuthorizationPolicy;
  readonly index: number;
  readonly why: Idleness;
  /** Ports at which that was proved: all that the policy applies to. */
  readonly at: readonly { readonly workload: Workload; readonly port: WorkloadPort }[];
}

interface Rule {
  readonly policy: AuthorizationPolicy;
  readonly index: number;
  readonly action: 'ALLOW' | 'DENY';
  readonly matches: Formula;
}

/**
 * Rules of AuthorizationPolicies without which every verdict would be the same, proved on sets of requests: at every port, in every way to
 * it, where the policy applies. A rule that decides at one port is not listed, however idle it is at others.
 *
 * @throws {SearchLimit} when the search was given up.
 */
export function findIdleRules(enforcement: Enforcement): readonly IdleRule[] {
  const found = new Map<
    AuthorizationPolicy,
    Map<number, { why: Idleness; at: IdleRule['at'][number][] } | 'decides'>
  >();
  const seen = new WeakMap<Formula, ReadonlyMap<Rule, Idleness | undefined>>();
  for (const workload of enforcement.mesh.workloads) {
    for (const port of workload.ports) {
      for (const region of waysTo(enforcement, workload, port)) {
        const judged = seen.get(region.mayPass) ?? judgeRegion(region);
        seen.set(region.mayPass, judged);
        for (const [{ policy, index }, why] of judged) {
          const rules =
            found.get(policy) ?? new Map<number, { why: Idleness; at: IdleRule['at'][number][] } | 'decides'>();
          found.set(policy, rules);
          const known = rules.get(index);
          if (!why || known === 'decides') rules.set(index, 'decides');
          else if (!known) rules.set(index, { why, at: [{ workload, port }] });
          else if (known.why.kind === 'never-matches' && why.kind !== 'never-matches')
            rules.set(index, { why, at: known.at });
          else if (!known.at.some((place) => place.port === port)) known.at.push({ workload, port });
        }
      }
    }
  }
  return [...found].flatMap(([policy, rules]) =>
    [...rules].flatMap(([index, rule]) => (rule === 'decides' ? [] : [{ policy, index, ...rule }])),
  );
}

function judgeRegion(region: Region): ReadonlyMap<Rule, Idleness | undefined> {
  const rules = rulesOf(region);
  const authenticated =
    region.point && 'authenticated' in region.point.sets ? region.point.sets.authenticated : EVERYTHING;
  const judged = new Map<Rule, Idleness | undefined>();
  // Of two rules that cover each other the earlier one stays: the later is left out of what covers it.
  let rest = rules;
  for (const rule of [...rules].reverse()) {
    const why = idlenessOf(region, rule, rest, authenticated);
    if (why?.kind === 'covered') rest = rest.filter((other) => other !== rule);
    judged.set(rule, why);
  }
  return new Map(rules.map((rule) => [rule, judged.get(rule)]));
}

function rulesOf({ point }: Region): readonly Rule[] {
  if (!point) return [];
  if (point.kind === 'ztunnel') {
    const { deny, allow } = point.sets;
    const rules = (groups: typeof deny, action: Rule['action']): readonly Rule[] =>
      groups.flatMap(({ authorization, group, matches }) =>
        group.rule === undefined
          ? []
          : [{ policy: authorization.source as AuthorizationPolicy, index: group.rule, action, matches }],
      );
    return [...rules(deny, 'DENY'), ...rules(allow, 'ALLOW')];
  }
  const { deny, allow } = point.sets;
  const rules = (sets: typeof deny, action: Rule['action']): readonly Rule[] =>
    sets.map(({ compiled, rule, matches }) => ({ policy: compiled.policy, index: rule.index, action, matches }));
  return [...rules(deny, 'DENY'), ...rules(allow, 'ALLOW')];
}

function idlenessOf(
  { solver }: Region,
  rule: Rule,
  rules: readonly Rule[],
  authenticated: Formula,
): Idleness | undefined {
  const possible = all([authenticated, rule.matches]);
  if (solver.isEmpty(possible)) return { kind: 'never-matches' };
  const peers = rules.filter((other) => other.action === rule.action && other !== rule);
  const denies = rules.filter(({ action }) => action === 'DENY');
  if (rule.action === 'ALLOW') {
    const by = coveredBy(solver, possible, denies);
    if (by) return { kind: 'always-denied', by };
  }
  const by = coveredBy(solver, possible, peers);
  if (by) return { kind: 'covered', by };
  const allows = rules.filter(({ action }) => action === 'ALLOW');
  if (rule.action === 'DENY' && allows.length > 0) {
    const allowed = all([possible, any(allows.map(({ matches }) => matches))]);
    if (solver.isEmpty(allowed)) return { kind: 'nothing-to-deny' };
  }
  return undefined;
}

/** Rules that together match all requests of a set, as few as leaving them out one by one shows; undefined: they do not. */
function coveredBy(solver: Region['solver'], requests: Formula, rules: readonly Rule[]): readonly By[] | undefined {
  const covers = (some: readonly Rule[]): boolean =>
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
