import { formatLocation } from '../result/location.ts';
import type { Evidence } from '../result/types.ts';
import type { Fail } from '../rules/rule.ts';

/** Items that a finding shows at most; the last one then tells how many are left out. */
export const shownEvidence = 20;

/** The evidence of a group of fails, each item once, that of the deciding fail first; then what it assumes. */
export function evidenceOf(deciding: Fail, fails: readonly Fail[]): readonly Evidence[] {
  const items = new Map<string, Evidence>();
  const add = (item: Evidence): void => {
    const key = [formatLocation(item.source), item.path, item.value, item.shows].join('\n');
    if (!items.has(key)) items.set(key, item);
  };
  for (const { evidence } of [deciding, ...fails]) for (const item of evidence) add(item);
  const assumptions = new Map<string, Evidence>();
  for (const { assumes, subject } of [deciding, ...fails]) {
    for (const text of assumes) {
      if (!assumptions.has(text)) assumptions.set(text, { source: subject.location, shows: `assumed: ${text}` });
    }
  }
  return [...capped([...items.values()], shownEvidence), ...capped([...assumptions.values()], shownEvidence)];
}

function capped(items: readonly Evidence[], limit: number): readonly Evidence[] {
  const first = items[limit - 1];
  if (!first || items.length <= limit) return items;
  const left = items.length - limit + 1;
  return [...items.slice(0, limit - 1), { source: first.source, shows: `and ${left} more like these` }];
}
