import type { CollectIo, InputSpec } from '../../collect/collect.ts';
import { InputError } from '../../collect/input-error.ts';
import type { Diagnostic } from '../../result/diagnostic.ts';
import type { Explanation } from '../../result/explanation.ts';
import { observeFacts } from '../observe.ts';
import { inputTexts } from '../plan/input-texts.ts';
import { type InputOptions, readInput } from '../read-input.ts';
import type { Ask } from './ask.ts';
import { explain } from './explain.ts';
import { readAsk } from './read-ask.ts';

export interface Explained {
  readonly explanation: Explanation;
  readonly diagnostics: readonly Diagnostic[];
}

/** May A call B, and why. Throws an InputError that says what is possible if the question makes no sense. */
export async function runExplain(
  inputs: readonly InputSpec[],
  ask: Ask,
  options: InputOptions,
  io: CollectIo,
): Promise<Explained> {
  const input = await readInput(inputs, options, io);
  const { diagnostics, provenance } = input;
  const { enforcement } = observeFacts(input);
  const request = readAsk(enforcement, ask);
  if ('error' in request) throw new InputError(request.error, request.help, diagnostics);
  const explanation = explain(enforcement, request, inputTexts(inputs, provenance.sources, io));
  if ('error' in explanation) throw new InputError(explanation.error, explanation.help, diagnostics);
  return { explanation, diagnostics };
}
