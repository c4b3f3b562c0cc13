import type { Facts } from '../graph/facts.ts';
import type { Finding } from '../result/types.ts';
import type { Rule } from '../rules/rule.ts';
import { buildFindings, type RenderChanges, type RuleRun } from './build-findings.ts';
import { orderFindings, type Rank } from './order.ts';

/** Lets every rule judge the facts: all findings in the order of the report, and what each rule checked, by rule id as given. */
export function runRules(
  rules: readonly Rule[],
  facts: Facts,
  /** Without: findings hold no patches. */
  render?: RenderChanges,
): { readonly findings: readonly Finding[]; readonly rulesRun: readonly RuleRun[] } {
  const findings: Finding[] = [];
  const ranks = new Map<string, Rank>();
  const rulesRun: RuleRun[] = [];
  for (const rule of rules) {
    const built = buildFindings(rule, rule.judge(facts), facts, render);
    findings.push(...built.findings);
    for (const [fingerprint, rank] of built.ranks) ranks.set(fingerprint, rank);
    rulesRun.push(built.run);
  }
  return { findings: orderFindings(findings, ranks), rulesRun };
}
