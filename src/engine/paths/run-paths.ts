import type { CollectIo, InputSpec } from '../../collect/collect.ts';
import type { AttackPath } from '../../graph/attack/attack-path.ts';
import { isAsset } from '../../graph/attack/find-grants.ts';
import type { Asset, Facts } from '../../graph/facts.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { Diagnostic } from '../../result/diagnostic.ts';
import type { PathsAnswer } from '../../result/paths.ts';
import { observeFacts } from '../observe.ts';
import { type InputOptions, readInput } from '../read-input.ts';
import { attackResult } from './attack-result.ts';
import { DEFAULT_ENTRIES, readEntries, readTarget } from './read-entries.ts';

export interface PathsAsk {
  /** A place, or a workload that was taken over; absent: the entries of the configuration. */
  readonly from?: string;
  readonly to?: string;
  readonly max: number;
  /** How many places to list from which the same excess leads to the same asset. */
  readonly variants: number;
}

/** The attack paths of a mesh. Throws an InputError that says what was meant if a place or workload is unknown. */
export async function runPaths(
  inputs: readonly InputSpec[],
  { from, to, max, variants }: PathsAsk,
  options: InputOptions,
  io: CollectIo,
): Promise<{ readonly answer: PathsAnswer; readonly diagnostics: readonly Diagnostic[] }> {
  const input = await readInput(inputs, options, io);
  const { stated, diagnostics } = input;
  const observed = observeFacts(input);
  const { mesh } = observed;
  const entries = readEntries(mesh, from === undefined ? (stated.entries ?? DEFAULT_ENTRIES) : [from]);
  const target = to === undefined ? undefined : readTarget(mesh, to);
  const isAsked = (path: AttackPath): boolean =>
    target === undefined ||
    (target === 'tier0' ? path.to.kind === 'tier0' : path.to.kind === 'workload' && path.to.workload === target);
  const facts = withTarget(observed, target);
  const result = attackResult(facts, { entries, variants, isAsked, budget: { excess: max, inherent: max } });
  const paths = result.paths.slice(0, max);
  return {
    answer: { ...result, paths, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) },
    diagnostics,
  };
}

/** What is asked about is worth a path, whatever else is known of it. */
function withTarget(facts: Facts, target: Workload | 'tier0' | undefined): Facts {
  if (target === undefined || target === 'tier0' || isAsset(facts, target)) return facts;
  const asked: Asset = { level: 'medium', basis: 'declared', why: 'asked about' };
  return withSensitivity(facts, (workload) => (workload === target ? asked : facts.sensitivity(workload)));
}

/** Facts are lazy: what is left as it is must not be worked out by copying. */
function withSensitivity(facts: Facts, sensitivity: Facts['sensitivity']): Facts {
  return Object.create(facts, { sensitivity: { value: sensitivity } });
}
