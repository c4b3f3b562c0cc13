import type { CollectIo } from '../../collect/collect.ts';
import { readSuites } from '../../collect/policy-tests.ts';
import type { Diagnostic } from '../../result/diagnostic.ts';
import { loadSuites } from './load-suites.ts';
import { runPolicyTest, type SuiteResult } from './run.ts';

export interface SuitesResult extends SuiteResult {
  readonly diagnostics: readonly Diagnostic[];
}

/** Runs suites; each document has a mesh of its own. Documents that name the same files share it. */
export async function runSuites(names: readonly string[], io: CollectIo): Promise<SuitesResult> {
  const { documents, diagnostics } = await readSuites(names, io);
  const loaded = await loadSuites(documents, io);
  const results = loaded.suites.map(({ test, name, loaded: { mesh, stated } }) =>
    runPolicyTest(test, name, mesh, stated),
  );
  return {
    cases: results.flatMap(({ cases }) => cases),
    invariants: results.flatMap(({ invariants }) => invariants),
    passed: sum(results.map(({ passed }) => passed)),
    failed: sum(results.map(({ failed }) => failed)) + loaded.unusable,
    diagnostics: [...diagnostics, ...loaded.diagnostics],
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0);
