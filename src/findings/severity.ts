import { type Entry, entries, severityLimits, severityRows, severitySteps, severityTable } from '../result/method.ts';
import type { Severity } from '../result/status.ts';
import type { Finding } from '../result/types.ts';
import type { Factors } from '../rules/rule.ts';

export interface SeverityJudgement {
  readonly severity: Severity;
  /** One sentence for each thing that moved it, in the order of the arithmetic. */
  readonly factors: readonly string[];
}

/** How each entry is called in the factors of a finding. */
const entryWords: Readonly<Record<Entry, string>> = {
  internet: 'reachable from the internet',
  plaintext: 'reachable in plaintext, without any identity',
  'any-identity': 'reachable with any identity of the mesh',
  'named-identities': 'reachable with identities that are named',
  none: 'no way in was shown',
};

/**
 * Severity by the table of the method: the entry and what it reaches, then a step down for each thing in the way, then the limits. Removing a
 * weakness never raises it.
 */
export function severityOf(factors: Factors): SeverityJudgement {
  let judgement = JUDGEMENTS.get(factors);
  if (!judgement) {
    judgement = judge(factors);
    JUDGEMENTS.set(factors, judgement);
  }
  return judgement;
}

/** Comparing the fails of a finding asks for the same ones again and again. */
const JUDGEMENTS = new WeakMap<Factors, SeverityJudgement>();

function judge(factors: Factors): SeverityJudgement {
  const { entry, sensitivity, stated, defenceInDepth } = factors;
  let severity = severityTable[entry][sensitivity];
  const moved = [`${entryWords[entry]}, sensitivity ${sensitivity}: ${severity}`];
  for (const { why, steps } of stepsDown(factors)) {
    const lower = lowered(severity, steps);
    if (lower === severity) break;
    severity = lower;
    moved.push(`${why}: ${steps === 1 ? 'one step' : `${steps} steps`} down, ${severity}`);
  }
  if (defenceInDepth && isWorse(severity, severityLimits.defenceInDepth)) {
    severity = severityLimits.defenceInDepth;
    moved.push(`a missing layer of defence, and no way to use it was shown: ${severity} at most`);
  }
  if (!stated && isWorse(severity, severityLimits.unstated) && !isAnonymousToCritical(factors)) {
    severity = severityLimits.unstated;
    moved.push(`no wanted traffic is stated, so the excess is probable: ${severity} at most`);
  }
  if (factors.contradicted && isWorse(severityLimits.contradicted, severity)) {
    severity = severityLimits.contradicted;
    moved.push(`what runs is not what is configured: ${severity} at least`);
  }
  return { severity, factors: moved };
}

/** Whether a finding opens something to the internet, as its witness or the factors made here say. */
export function entersFromInternet({ factors, witness }: Pick<Finding, 'factors' | 'witness'>): boolean {
  return witness?.from.internet === true || factors.some((text) => text.startsWith(entryWords.internet));
}

/** Position from the worst, for ordering. */
export const severityRank = (severity: Severity): number => severityRows.findIndex((row) => row.severity === severity);
export const entryRank = (entry: Entry): number => entries.indexOf(entry);

const isWorse = (a: Severity, b: Severity): boolean => severityRank(a) < severityRank(b);

function lowered(severity: Severity, steps: number): Severity {
  const lowest = severityRank(severityLimits.atLeast);
  const index = Math.min(severityRank(severity) + steps, Math.max(lowest, severityRank(severity)));
  return severityRows[index]?.severity ?? severity;
}

function* stepsDown({ requires, breaches, compensations }: Factors): Iterable<{ why: string; steps: number }> {
  for (const [index, what] of requires.entries()) {
    const steps = atCount(severitySteps.requires, index + 1) - atCount(severitySteps.requires, index);
    if (steps > 0) yield { why: `requires ${what}`, steps };
  }
  const ofBreaches = atCount(severitySteps.breaches, breaches);
  if (ofBreaches > 0) yield { why: `${breaches} workloads must be taken over first`, steps: ofBreaches };
  for (const control of compensations) yield { why: `${control} stands in the way`, steps: severitySteps.compensation };
}

/** The last number of a list holds for every higher count. */
function atCount(steps: readonly number[], count: number): number {
  return steps[Math.min(count, steps.length - 1)] ?? 0;
}

/** Behind a breach nobody is anonymous: the caller has what the workload has. */
function isAnonymousToCritical({ entry, sensitivity, breaches }: Factors): boolean {
  const { entries: anonymous, sensitivity: level } = severityLimits.unstatedExcept;
  return breaches === 0 && sensitivity === level && anonymous.some((each) => each === entry);
}
