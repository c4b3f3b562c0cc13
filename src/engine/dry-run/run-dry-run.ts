import type { CollectIo, InputSpec } from '../../collect/collect.ts';
import { makeFacts } from '../../graph/make-facts.ts';
import type { Diagnostic } from '../../result/diagnostic.ts';
import type { DryRun } from '../../result/dry-run.ts';
import { Enforcement } from '../../semantics/enforcement.ts';
import { unedited } from '../plan/edit-files.ts';
import { inputTexts } from '../plan/input-texts.ts';
import { type InputOptions, readInput } from '../read-input.ts';
import { reviewPolicies } from './review-policies.ts';

/** The review of all policies of the input that only shadow. */
export async function runDryRun(
  inputs: readonly InputSpec[],
  options: InputOptions,
  io: CollectIo,
): Promise<{ readonly dryRun: DryRun; readonly diagnostics: readonly Diagnostic[] }> {
  const { mesh, stated, rebuild, provenance, diagnostics } = await readInput(inputs, options, io);
  const facts = makeFacts(new Enforcement(mesh), stated);
  return { dryRun: reviewPolicies(facts, rebuild, unedited(inputTexts(inputs, provenance.sources, io))), diagnostics };
}
