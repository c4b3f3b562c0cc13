import { dump } from 'js-yaml';
import type { CollectIo } from '../../../collect/collect.ts';
import { findSuites } from '../../../collect/policy-tests.ts';
import { makeFacts, type Stated } from '../../../graph/make-facts.ts';
import { mutantsOf } from '../../../graph/mutation/mutants-of.ts';
import type { Mesh } from '../../../model/inventory/types.ts';
import type { Diagnostic } from '../../../result/diagnostic.ts';
import type { Mutation } from '../../../result/mutation.ts';
import { Enforcement } from '../../../semantics/enforcement.ts';
import { groupBy } from '../../../util/group-by.ts';
import { readInput } from '../../read-input.ts';
import { loadSuites, type LoadedSuite } from '../load-suites.ts';
import { judge } from './judge.ts';
import { chooseCases, type Trial } from './choose-cases.ts';
import { summarize } from './summarize.ts';
import { watchersOf } from './watchers.ts';

export interface Mutated {
  readonly mutation: Mutation;
  /** Documents that are no valid PolicyTest. */
  readonly unusable: number;
  readonly diagnostics: readonly Diagnostic[];
}

/** One mesh with the suites that are about it. */
interface Ground {
  readonly mesh: Mesh;
  readonly stated: Stated;
  readonly folder: string;
  readonly suites: readonly Pick<LoadedSuite, 'test' | 'name'>[];
}

/**
 * The mutation score of policies: faults are put into each of them one by one, and suites should notice. An input that holds no PolicyTest
 * is a mesh that nobody tests.
 */
export async function runMutation(names: readonly string[], io: CollectIo): Promise<Mutated> {
  let bytes: Promise<Buffer> | undefined;
  const stdin = (): Promise<Buffer> => {
    bytes ??= io.stdin();
    return bytes;
  };
  const again = { ...io, stdin };
  const { documents, others, diagnostics } = await findSuites(names, again);
  const loaded = await loadSuites(documents, again);
  const grounds: Ground[] = [...groupBy(loaded.suites, (suite) => suite.loaded)].map(
    ([{ mesh, stated, folder }, suites]): Ground => ({ mesh, stated, folder, suites }),
  );
  const untested =
    others.length === 0
      ? undefined
      : await readInput(
          others.map((path) => ({ path })),
          {},
          again,
        );
  if (untested) grounds.push({ mesh: untested.mesh, stated: untested.stated, folder: io.cwd, suites: [] });
  const trials = grounds.map(tryAll);
  return {
    mutation: withYaml(summarize(trials)),
    unusable: loaded.unusable,
    diagnostics: [...diagnostics, ...loaded.diagnostics, ...(untested?.diagnostics ?? [])],
  };
}

function tryAll({ mesh, stated, folder, suites }: Ground): Trial {
  const enforcement = new Enforcement(mesh);
  const facts = makeFacts(enforcement, stated);
  const watch = watchersOf(suites, enforcement, stated);
  const { mutants, skipped } = mutantsOf(mesh.resources);
  const judged = mutants.map((mutant) => judge(facts, mutant, watch));
  const { passed, failed } = watch;
  return { facts, folder, skipped, judged, tests: { passed, failed }, cases: chooseCases(enforcement, judged) };
}

const withYaml = (mutation: Omit<Mutation, 'yaml'>): Mutation => ({
  ...mutation,
  yaml: mutation.missing.length === 0 ? '' : dump({ cases: mutation.missing }, { lineWidth: 140, noRefs: true }),
});
