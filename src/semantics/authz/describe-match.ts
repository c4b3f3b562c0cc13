import { byOf } from '../../model/by.ts';
import type { By } from '../../result/location.ts';
import type { Clause, CompiledPolicy, CompiledRule } from './compile.ts';
import { failingClauses, type RuleMatch } from './evaluate.ts';
import { shownValue } from './shown-value.ts';
import type { View } from './view.ts';

/** A sentence about one rule, and where it stands. */
export interface Remark {
  readonly text: string;
  readonly by: By;
}

/** Why each rule missed, for a person. */
export function describeMisses(policies: readonly CompiledPolicy[], view: View): readonly Remark[] {
  return policies.flatMap((compiled) => {
    const name = nameOf(compiled);
    if ((compiled.policy.spec.rules ?? []).length === 0)
      return [{ text: `${name} has no rules, so nothing matches it`, by: byOf(compiled.policy) }];
    const dropped = compiled.dropped.map(({ index, field, why }) => ({
      text: `${name} rules[${index}] does not exist here: ${DROPPED[why](field)}`,
      by: byOf(compiled.policy, { rule: index, clause: field, path: ['spec', 'rules', index] }),
    }));
    const missed = compiled.rules.flatMap((rule) =>
      failingClauses(rule, view).map((clause) => remarkOn(compiled, rule, clause, view)),
    );
    return [...missed, ...dropped].sort((a, b) => (a.by.rule ?? 0) - (b.by.rule ?? 0));
  });
}

function remarkOn(compiled: CompiledPolicy, rule: CompiledRule, clause: Clause, view: View): Remark {
  const { field, values, path } = clause;
  return {
    text: `${nameOf(compiled)} rules[${rule.index}] misses at ${field}: ${listed(values)}; this request has ${shownValue(field, view)}`,
    by: byOf(compiled.policy, { rule: rule.index, path: ['spec', 'rules', rule.index, ...path], clause: field }),
  };
}

/** What a rule that matched would have asked for too, if the chain could see it (reference §2.8). */
export function describeWidening({ compiled, rule }: RuleMatch): readonly Remark[] {
  return compiled.widened
    .filter(({ index }) => index === rule.index)
    .map(({ path, field, why }) => ({
      text: `\`${field}\` of ${nameOf(compiled)} rules[${rule.index}] is left out ${
        why === 'http-only' ? 'on a TCP chain' : 'for a value that istiod refuses'
      }: the rule matches more than it says`,
      by: byOf(compiled.policy, { rule: rule.index, clause: field, path: ['spec', 'rules', rule.index, ...path] }),
    }));
}

const DROPPED: Readonly<Record<CompiledPolicy['dropped'][number]['why'], (field: string) => string>> = {
  'http-only': (field) => `a TCP chain cannot see \`${field}\`, and istiod drops ALLOW rules that ask for it`,
  'unknown-key': (field) => `\`${field}\` is no key that istiod knows, and it skips the rule`,
  'bad-value': (field) => `istiod refuses a value of \`${field}\``,
};

const MOST_VALUES = 4;

const listed = (values: readonly string[]): string =>
  values.length > MOST_VALUES
    ? `${values.slice(0, MOST_VALUES).join(', ')} and ${values.length - MOST_VALUES} more`
    : values.join(', ');

const nameOf = ({ policy }: CompiledPolicy): string => `${policy.namespace}/${policy.name}`;
