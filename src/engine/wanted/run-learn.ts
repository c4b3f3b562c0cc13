import type { CollectIo, InputSpec } from '../../collect/collect.ts';
import { InputError } from '../../collect/input-error.ts';
import { makeFacts } from '../../graph/make-facts.ts';
import type { Diagnostic } from '../../result/diagnostic.ts';
import type { Learnt } from '../../result/learnt.ts';
import { Enforcement } from '../../semantics/enforcement.ts';
import { type InputOptions, readInput } from '../read-input.ts';
import { learn } from './learn.ts';

/** What of the traffic in the input's telemetry may be wanted. Throws an InputError where there is no telemetry. */
export async function runLearn(
  inputs: readonly InputSpec[],
  options: InputOptions,
  io: CollectIo,
): Promise<{ readonly learnt: Learnt; readonly diagnostics: readonly Diagnostic[] }> {
  const { mesh, stated, diagnostics } = await readInput(inputs, options, io);
  const facts = makeFacts(new Enforcement(mesh), stated);
  if (facts.traffic.windows.length === 0)
    throw new InputError(
      'there is no telemetry in the input: nothing was seen that could be wanted',
      'add results of Prometheus or access logs (docs/telemetry.md)',
      diagnostics,
    );
  return { learnt: learn(facts), diagnostics };
}
