import type { CollectIo, InputSpec } from '../../collect/collect.ts';
import { type InputOptions, readRaw, toMesh } from '../read-input.ts';
import { compareInputs } from './compare-inputs.ts';
import { readChange } from './planned/read-change.ts';
import type { Compared } from './run-diff.ts';

/** What planned changes would open, close and break, all applied together. Throws an InputError for a change that makes no sense. */
export async function runWhatIf(
  inputs: readonly InputSpec[],
  sets: readonly string[],
  options: InputOptions,
  io: CollectIo,
): Promise<Compared> {
  const changes = sets.map(readChange);
  const raw = await readRaw(inputs, options, io);
  const base = toMesh(raw);
  const head = toMesh(changes.reduce((input, change) => change.apply(input), raw));
  const comparison = { changes: changes.map(({ summary }) => summary), ...compareInputs(base, head) };
  return { comparison, diagnostics: base.diagnostics };
}
