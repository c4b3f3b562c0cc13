import type { Facts } from '../graph/facts.ts';
import type { Fail, Rule } from '../rules/rule.ts';
import { causeOf } from './build-findings.ts';
import { fingerprintOf } from './fingerprint.ts';
import { subjectName } from './subjects.ts';

/** What fails, by the fingerprint that its finding has, with the subjects: judged only, without the words of a finding. */
export function openCauses(rules: readonly Rule[], facts: Facts): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, ReadonlySet<string>>();
  for (const rule of rules) {
    const groups = new Map<string, Fail[]>();
    for (const outcome of rule.judge(facts)) {
      if (outcome.kind !== 'fail') continue;
      const key = causeOf(outcome);
      const group = groups.get(key);
      if (group) group.push(outcome);
      else groups.set(key, [outcome]);
    }
    for (const fails of groups.values())
      found.set(fingerprintOf(rule.meta.id, fails), new Set(fails.map(({ subject }) => subjectName(subject))));
  }
  return found;
}
