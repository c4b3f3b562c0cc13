import type { Facts } from '../../../graph/facts.ts';
import type { Mutants } from '../../../graph/mutation/mutants-of.ts';
import type { Resource } from '../../../model/resource.ts';
import type { Enforcement } from '../../../semantics/enforcement.ts';
import { type Case, holdsCase } from '../run.ts';
import { type Judged, withFault } from './judge.ts';

/** All that was tried on one mesh. */
export interface Trial {
  readonly facts: Facts;
  /** What the names of its files are relative to. */
  readonly folder: string;
  readonly judged: readonly Judged[];
  readonly skipped: Mutants['skipped'];
  readonly tests: { readonly passed: number; readonly failed: number };
  readonly cases: ReadonlyMap<Judged, Case>;
}

/** Small faults first: the case that notices one of them mostly notices that the whole object is gone as well. */
const ORDER = ['drop-clause', 'make-permissive', 'delete-rule', 'delete-policy'] as const;

/** Of what nobody notices, the case that would: few cases for all faults of one object. */
export function chooseCases(enforcement: Enforcement, judged: readonly Judged[]): ReadonlyMap<Judged, Case> {
  const chosen = new Map<Judged, Case>();
  const byObject = new Map<Resource, Case[]>();
  const inTurn = judged.toSorted((a, b) => ORDER.indexOf(a.mutant.operator) - ORDER.indexOf(b.mutant.operator));
  for (const each of inTurn) {
    if (each.kind !== 'survived') continue;
    const { resource } = each.mutant;
    const cases = byObject.get(resource) ?? [];
    byObject.set(resource, cases);
    const after = cases.length > 0 ? withFault(enforcement, each.mutant) : undefined;
    const known = after && cases.find((entry) => !holdsCase(after, entry));
    const found = known ?? each.proposal;
    if (!found) continue;
    if (!known) cases.push(found);
    chosen.set(each, found);
  }
  return chosen;
}
