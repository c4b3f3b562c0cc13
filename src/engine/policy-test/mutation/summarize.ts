import path from 'node:path';
import { plainBy } from '../../../model/by.ts';
import { formatLocation } from '../../../result/location.ts';
import type { Mutation } from '../../../result/mutation.ts';
import { SENSITIVITIES } from '../../../result/status.ts';
import { groupBy } from '../../../util/group-by.ts';
import type { Case } from '../run.ts';
import type { Trial } from './choose-cases.ts';
import type { Judged } from './judge.ts';

type Survivor = Mutation['survivors'][number];

/** A fault in one mesh; the same object may be in several. */
interface Entry {
  readonly trial: Trial;
  readonly judged: Judged;
}

interface Alive extends Entry {
  readonly judged: Extract<Judged, { kind: 'survived' }>;
}

/** What came of all faults: one that is noticed on some mesh is noticed; one is idle that turns nothing on any. */
export function summarize(trials: readonly Trial[]): Omit<Mutation, 'yaml'> {
  const entries = trials.flatMap((trial) => trial.judged.map((judged): Entry => ({ trial, judged })));
  const groups = [...groupBy(entries, keyOf).values()];
  const killed: Mutation['killed'][number][] = [];
  const idle: Mutation['idle'][number][] = [];
  const unsettled: Mutation['unsettled'][number][] = [];
  const survived: Alive[] = [];
  for (const group of groups) {
    const [first] = group;
    if (!first) continue;
    const fault = faultOf(first.judged);
    const notice = group.flatMap(({ judged }) => (judged.kind === 'killed' ? [judged.noticedBy] : []));
    const doubt = group.flatMap(({ judged }) => (judged.kind === 'unsettled' ? [judged.why] : []));
    const alive = group.filter((entry): entry is Alive => entry.judged.kind === 'survived');
    const shown = alive.find(({ trial, judged }) => trial.cases.has(judged)) ?? alive[0];
    if (notice[0] !== undefined) killed.push({ ...fault, noticedBy: notice[0] });
    else if (shown) survived.push(shown);
    else if (doubt[0] !== undefined) unsettled.push({ ...fault, why: doubt[0] });
    else idle.push(fault);
  }
  const missing = new Map<Case, string>();
  const names = new Set<string>();
  const survivors = survived.map((entry) => survivorOf(entry, (found) => nameOf(found, missing, names)));
  const of = killed.length + survivors.length;
  return {
    score: { killed: killed.length, of, percent: of === 0 ? null : Math.floor((100 * killed.length) / of) },
    survivors: survivors.toSorted((a, b) => rankOf(a) - rankOf(b)),
    killed,
    idle,
    unsettled,
    skipped: trials.flatMap(({ skipped }) => skipped.map(({ by, why }) => ({ by: plainBy(by), why }))),
    missing: [...missing].map(([{ request, expect }, name]) => ({
      name,
      request: request as Survivor['witness'],
      expect,
    })),
    tests: {
      passed: trials.reduce((sum, { tests }) => sum + tests.passed, 0),
      failed: trials.reduce((sum, { tests }) => sum + tests.failed, 0),
    },
  };
}

function keyOf({ trial: { folder }, judged: { mutant } }: Entry): string {
  const { by, what, resource } = mutant;
  const { location } = by;
  const place = formatLocation(
    'file' in location ? { ...location, file: path.resolve(folder, location.file) } : location,
  );
  return [resource.cluster, resource.kind, resource.namespace, resource.name, what, place].join('\n');
}

const faultOf = ({ mutant: { by, what } }: Judged): Mutation['idle'][number] => ({ by: plainBy(by), what });

/** The name of a case, which no other one has. */
function nameOf(found: Case, missing: Map<Case, string>, names: Set<string>): string {
  const known = missing.get(found);
  if (known !== undefined) return known;
  const base = found.name ?? 'case';
  let name = base;
  for (let i = 2; names.has(name); i++) name = `${base} (${i})`;
  names.add(name);
  missing.set(found, name);
  return name;
}

function survivorOf({ trial, judged }: Alive, nameFor: (found: Case) => string): Survivor {
  const { effect, request, to } = judged.turned;
  const found = trial.cases.get(judged);
  return {
    ...faultOf(judged),
    effect,
    witness: request,
    ...(to
      ? { to: { workload: to.workload.id, port: to.port, sensitivity: trial.facts.sensitivity(to.workload).level } }
      : {}),
    ...(found ? { test: nameFor(found) } : {}),
  };
}

const EFFECTS = ['opens', 'refuses'] as const;

/** What opens comes before what refuses, and among these the most sensitive first. */
function rankOf({ effect, to }: Survivor): number {
  const place = to ? SENSITIVITIES.indexOf(to.sensitivity) : SENSITIVITIES.length;
  return EFFECTS.indexOf(effect) * 100 + place;
}
