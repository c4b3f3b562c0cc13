import type { Clause, CompiledPolicy, CompiledRule } from './compile.ts';
import type { Truth, View } from './view.ts';

/** A rule that matched, or that would if `open` conditions (on addresses that the request does not state) hold. */
export interface RuleMatch {
  readonly compiled: CompiledPolicy;
  readonly rule: CompiledRule;
  readonly open: readonly Clause[];
}

/**
 * The first rule of a pool of policies that matches for certain, else the first that may match.
 *
 * Source: istio pilot/pkg/security/authz/builder/builder.go: all policies of one action are pooled (reference §2.1).
 */
export function findMatch(policies: readonly CompiledPolicy[], view: View): RuleMatch | undefined {
  let possible: RuleMatch | undefined;
  for (const compiled of policies) {
    for (const rule of compiled.rules) {
      const truth = matchRule(rule, view);
      if (truth === true) return { compiled, rule, open: [] };
      if (truth === undefined && !possible) possible = { compiled, rule, open: openClauses(rule, view) };
    }
  }
  return possible;
}

export function matchRule(rule: CompiledRule, view: View): Truth {
  let result: Truth = true;
  for (const clause of rule.when) {
    const value = clause.test(view);
    if (value === false) return false;
    if (value === undefined) result = undefined;
  }
  for (const alternatives of [rule.from, rule.to]) {
    if (!alternatives) continue;
    const value = matchAny(alternatives, view);
    if (value === false) return false;
    if (value === undefined) result = undefined;
  }
  return result;
}

function matchAny(alternatives: readonly (readonly Clause[])[], view: View): Truth {
  let result: Truth = false;
  for (const clauses of alternatives) {
    const value = matchAll(clauses, view);
    if (value === true) return true;
    if (value === undefined) result = undefined;
  }
  return result;
}

function matchAll(clauses: readonly Clause[], view: View): Truth {
  let result: Truth = true;
  for (const clause of clauses) {
    const value = clause.test(view);
    if (value === false) return false;
    if (value === undefined) result = undefined;
  }
  return result;
}

function openClauses(rule: CompiledRule, view: View): readonly Clause[] {
  const all = [...rule.when, ...(rule.from ?? []).flat(), ...(rule.to ?? []).flat()];
  return all.filter((clause) => clause.test(view) === undefined);
}

/** The clauses that kept a rule from matching: for a person who asks why. */
export function failingClauses(rule: CompiledRule, view: View): readonly Clause[] {
  const failing: Clause[] = [];
  for (const alternatives of [rule.from, rule.to]) {
    if (!alternatives || matchAny(alternatives, view) !== false) continue;
    // Of several alternatives the one that came nearest says most.
    const missed = alternatives.map((clauses) => clauses.filter((clause) => clause.test(view) === false));
    failing.push(...missed.reduce((best, each) => (each.length < best.length ? each : best)));
  }
  return [...failing, ...rule.when.filter((clause) => clause.test(view) === false)];
}
