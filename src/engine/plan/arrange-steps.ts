import { createHash } from 'node:crypto';
import { severityRank } from '../../findings/severity.ts';
import { objectOfChange } from '../../model/change/change.ts';
import type { Step } from '../../remediate/make-plan.ts';
import type { Severity } from '../../result/status.ts';

export const HORIZONS = ['Immediate', '30 days', '90 days', 'Strategic'] as const;

/** A step in its place: number, horizon, and all that has to come before it. */
export interface ArrangedStep {
  readonly step: Step;
  readonly id: string;
  readonly number: number;
  readonly horizon: (typeof HORIZONS)[number];
  readonly severity: Severity;
  readonly after: readonly string[];
}

/** A step with the worst of what it closes; undefined: it closes nothing by itself. */
export interface WeighedStep {
  readonly step: Step;
  readonly severity: Severity | undefined;
}

/**
 * Steps by horizon. Those that touch the same objects or workloads keep the order in which they were proven, one upon the other; others do not
 * meet, so that their order changes no verdict. What has to come before is never in a later horizon.
 */
export function arrangeSteps(weighed: readonly WeighedStep[]): readonly ArrangedStep[] {
  const before = weighed.map((_, index) => dependenciesOf(weighed, index));
  const places = weighed.map(({ step, severity }) =>
    step.candidate.isTrial
      ? WATCHING
      : step.candidate.isTidying
        ? LATEST
        : severity === undefined
          ? undefined
          : placeOf(step, severity),
  );
  // What only prepares is due when what it prepares is.
  for (let index = weighed.length - 1; index >= 0; index--) {
    const later = before.flatMap((each, other) => (each.has(index) ? [places[other] ?? 0] : []));
    places[index] ??= later.length > 0 ? Math.min(...later) : LATEST;
  }
  const horizons: number[] = [];
  for (const [index, place] of places.entries())
    horizons.push(Math.max(place ?? LATEST, ...[...(before[index] ?? [])].map((other) => horizons[other] ?? 0)));
  const ids = idsOf(weighed);
  const unsure = unsureOf(weighed, before);
  const order = weighed
    .map((_, index) => index)
    .sort((a, b) => (horizons[a] ?? 0) - (horizons[b] ?? 0) || (unsure[a] ?? 0) - (unsure[b] ?? 0) || a - b);
  return order.map((index, position) => {
    const { step, severity = 'LOW' } = weighed[index] as WeighedStep;
    return {
      step,
      severity,
      id: ids[index] ?? '',
      number: position + 1,
      horizon: HORIZONS[horizons[index] ?? LATEST] ?? 'Strategic',
      after: [...(before[index] ?? [])].sort((a, b) => a - b).map((other) => ids[other] ?? ''),
    };
  });
}

const LATEST = HORIZONS.length - 1;
/** A dry run is due soon, and never before what closes something. */
const WATCHING = 1;

/** 1 for a step that rests on something nobody has shown, or comes after one: within a horizon, these come last. */
function unsureOf(weighed: readonly WeighedStep[], before: readonly ReadonlySet<number>[]): readonly number[] {
  const unsure: number[] = [];
  for (const [index, { step }] of weighed.entries())
    unsure.push(Math.max(isUnsure(step), ...[...(before[index] ?? [])].map((other) => unsure[other] ?? 0)));
  return unsure;
}

const isUnsure = ({ candidate: { unknownCallers, unproven } }: Step): number =>
  unknownCallers.length > 0 || unproven.length > 0 ? 1 : 0;

function placeOf(step: Step, severity: Severity): number {
  const { effort } = step.candidate;
  const rank = Math.max(0, severityRank(severity) - 1);
  const isUrgent = severity === 'CRITICAL' ? 1 : 0;
  return Math.min(LATEST, Math.max(0, rank + Math.max(0, effort - 2) + isUnsure(step) - isUrgent));
}

/** Earlier steps that it was prepared by, or that touch what it touches; of a chain of these only the last. */
function dependenciesOf(weighed: readonly WeighedStep[], index: number): ReadonlySet<number> {
  const { step } = weighed[index] as WeighedStep;
  const own = touchedBy(step);
  const found = new Set<number>();
  const covered = new Set<string>();
  for (let other = index - 1; other >= 0; other--) {
    const { step: earlier } = weighed[other] as WeighedStep;
    const isNamed = step.after.includes(earlier.candidate.id);
    const shared = [...touchedBy(earlier)].filter((each) => own.has(each) && !covered.has(each));
    if (!isNamed && shared.length === 0) continue;
    found.add(other);
    for (const each of shared) covered.add(each);
  }
  return found;
}

const TOUCHED = new WeakMap<Step, ReadonlySet<string>>();

function touchedBy(step: Step): ReadonlySet<string> {
  let touched = TOUCHED.get(step);
  if (!touched) {
    const { changes, destinations, senders } = step.candidate;
    touched = new Set([
      ...[...destinations, ...senders].map(({ id }) => id),
      ...changes.map((change) => {
        const { kind, namespace, name } = objectOfChange(change);
        return `${kind} ${namespace}/${name}`;
      }),
    ]);
    TOUCHED.set(step, touched);
  }
  return touched;
}

const LONGEST = 60;

/** Short, and the same from run to run: the candidate's own id, fit for a file name. */
function idsOf(weighed: readonly WeighedStep[]): readonly string[] {
  const taken = new Set<string>();
  return weighed.map(({ step: { candidate } }) => {
    const slug = candidate.id.replace(/[^\w.]+/g, '-').replace(/-+$/, '');
    const mark = createHash('sha256').update(candidate.id).digest('hex').slice(0, 6);
    const short = slug.length > LONGEST ? `${slug.slice(0, LONGEST - 7)}-${mark}` : slug;
    const id = taken.has(short) ? `${short}-${mark}` : short;
    taken.add(id);
    return id;
  });
}
