import type { Facts } from '../../../graph/facts.ts';
import { makeFacts, type Stated } from '../../../graph/make-facts.ts';
import type { Enforcement } from '../../../semantics/enforcement.ts';
import { runInvariant } from '../invariants.ts';
import { type Case, holdsCase } from '../run.ts';
import type { PolicyTest } from '../schema.ts';

/** A case or invariant that holds today, and so can notice a fault. */
interface Watcher {
  readonly name: string;
  readonly holds: (state: State) => boolean;
}

interface State {
  readonly enforcement: Enforcement;
  readonly facts: () => Facts;
}

export interface Watch {
  readonly passed: number;
  readonly failed: number;
  /** The first case, else invariant, that a state of the mesh fails; undefined: nobody notices. */
  readonly whoNotices: (enforcement: Enforcement) => string | undefined;
}

/** What suites about one mesh can notice: cases are asked first, since invariants search. */
export function watchersOf(
  suites: readonly { readonly test: PolicyTest; readonly name: string }[],
  enforcement: Enforcement,
  stated: Stated,
): Watch {
  const all = [...suites.flatMap(casesOf), ...suites.flatMap(invariantsOf)];
  const today = stateOf(enforcement, stated);
  const watchers = all.filter(({ holds }) => holds(today));
  return {
    passed: watchers.length,
    failed: all.length - watchers.length,
    whoNotices(changed) {
      const state = stateOf(changed, stated);
      return watchers.find(({ holds }) => !holds(state))?.name;
    },
  };
}

function stateOf(enforcement: Enforcement, stated: Stated): State {
  let facts: Facts | undefined;
  return {
    enforcement,
    facts: () => {
      facts ??= makeFacts(enforcement, stated);
      return facts;
    },
  };
}

function casesOf({ test, name: suite }: { readonly test: PolicyTest; readonly name: string }): readonly Watcher[] {
  return (test.cases ?? []).map((entry: Case, index) => ({
    name: `${suite} › ${entry.name ?? `case ${index + 1}`}`,
    holds: ({ enforcement }) => holdsCase(enforcement, entry),
  }));
}

function invariantsOf({ test, name: suite }: { readonly test: PolicyTest; readonly name: string }): readonly Watcher[] {
  return (test.invariants ?? []).map((entry) => ({
    name: `${suite} › ${entry.name}`,
    holds: ({ facts }) => runInvariant(facts(), suite, entry).pass,
  }));
}
