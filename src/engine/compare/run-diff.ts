import type { CollectIo, InputSpec } from '../../collect/collect.ts';
import type { Comparison } from '../../result/comparison.ts';
import type { Diagnostic } from '../../result/diagnostic.ts';
import { type InputOptions, readInput } from '../read-input.ts';
import { compareInputs } from './compare-inputs.ts';

export interface Compared {
  readonly comparison: Comparison;
  readonly diagnostics: readonly Diagnostic[];
}

/** What HEAD opens and closes against BASE; with a base of the options, HEAD is that base with the input applied. */
export async function runDiff(
  base: readonly InputSpec[],
  head: readonly InputSpec[],
  options: InputOptions,
  io: CollectIo,
): Promise<Compared> {
  const { base: under, prune, ...plain } = options;
  const before = await readInput(base, plain, io);
  const after = await readInput(head, options, io);
  // What is the same in both is said once.
  const known = new Set(before.diagnostics.map(({ message }) => message));
  const diagnostics = [...before.diagnostics, ...after.diagnostics.filter(({ message }) => !known.has(message))];
  return { comparison: compareInputs(before, after), diagnostics };
}
