import { isSelected } from '../graph/assets.ts';
import type { Mesh } from '../model/inventory/types.ts';
import type { Config } from '../result/config.ts';
import type { Finding, Subject } from '../result/types.ts';
import { findWorkload } from './subjects.ts';

export type Exception = NonNullable<Config['exceptions']>[number];

export interface ExceptionOutcome {
  /** The same findings in the same order, those that are accepted marked. */
  readonly findings: readonly Finding[];
  /** Exceptions that don't do what their author may believe, one sentence each. */
  readonly notes: readonly string[];
}

type Selected = Pick<Mesh, 'workloadById'>;

/**
 * Marks the findings that somebody accepted; none is removed, and the score doesn't ask. A finding is accepted only if exceptions for its rule
 * select all that it affects: one that covers a part leaves it open and is noted, since a finding cut in two would lose its fingerprint and its
 * cause would count twice. `until` (the whole of that day, UTC) is judged only where `now` is given.
 */
export function applyExceptions(
  findings: readonly Finding[],
  exceptions: readonly Exception[],
  mesh: Selected,
  now?: Date,
): ExceptionOutcome {
  const notes: string[] = [];
  const standing = exceptions.filter((exception, index) => {
    const ended = now === undefined ? undefined : endOf(exception, now);
    if (ended) notes.push(`${nameOf(exception, index)} ${ended}: it accepts nothing any more`);
    return !ended;
  });
  const partial = new Map<Exception, string>();
  const used = new Set<Exception>();
  const marked = findings.map((finding) => {
    const affected = affectedBy(finding, mesh);
    const covering = standing
      .filter(({ rule }) => rule === finding.id)
      .map((exception) => ({
        exception,
        covers: affected.filter((subject) => selects(exception.select, subject, mesh)),
      }))
      .filter(({ covers }) => covers.length > 0);
    const whole = covering.filter(({ covers }) => covers.length === affected.length);
    const chosen = whole.length > 0 ? whole.slice(0, 1) : covering;
    const covered = new Set(chosen.flatMap(({ covers }) => covers));
    if (affected.length > 0 && covered.size === affected.length) {
      for (const { exception } of chosen) used.add(exception);
      return { ...finding, exception: joined(chosen.map(({ exception }) => exception)) };
    }
    for (const { exception, covers } of covering) {
      partial.set(
        exception,
        `covers ${covers.length} of the ${affected.length} subjects of "${finding.title}", which stays open`,
      );
    }
    return finding;
  });
  for (const [index, exception] of exceptions.entries()) {
    if (!standing.includes(exception) || used.has(exception)) continue;
    notes.push(`${nameOf(exception, index)} ${partial.get(exception) ?? 'matches no finding'}`);
  }
  return { findings: marked, notes };
}

/** What a finding is about, without the object at fault: its workloads, or where it has none, all its subjects. */
function affectedBy({ subjects }: Finding, mesh: Selected): readonly Subject[] {
  const workloads = subjects.filter((subject) => findWorkload(mesh, subject));
  return workloads.length > 0 ? workloads : subjects;
}

function selects(select: Exception['select'], subject: Subject, mesh: Selected): boolean {
  const workload = findWorkload(mesh, subject);
  const { namespace, workload: name, labels } = select;
  if (!workload) return namespace === subject.namespace && name === undefined && labels === undefined;
  return isSelected(workload, {
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { workload: name }),
    ...(labels ? { labels } : {}),
  });
}

function joined(exceptions: readonly Exception[]): NonNullable<Finding['exception']> {
  const all = (values: readonly (string | undefined)[]) => [...new Set(values.filter((value) => value !== undefined))];
  const owners = all(exceptions.map(({ owner }) => owner));
  const [until] = all(exceptions.map((exception) => exception.until)).sort();
  return {
    reason: all(exceptions.map(({ reason }) => reason)).join('; '),
    ...(owners.length > 0 ? { owner: owners.join(', ') } : {}),
    ...(until === undefined ? {} : { until }),
  };
}

const DAY = 24 * 60 * 60 * 1000;

/** Why it no longer holds. A date that cannot be read accepts nothing: better asked again than open for ever. */
function endOf({ until }: Exception, now: Date): string | undefined {
  if (until === undefined) return undefined;
  const start = Date.parse(until);
  if (Number.isNaN(start)) return `has an \`until\` that is no date (\`${until}\`)`;
  const end = /^\d{4}-\d{2}-\d{2}$/.test(until) ? start + DAY : start;
  return end <= now.getTime() ? `ended on ${until}` : undefined;
}

function nameOf({ rule, select }: Exception, index: number): string {
  const { namespace, workload, labels } = select;
  const parts = [
    ...(namespace === undefined ? [] : [`namespace ${namespace}`]),
    ...(workload === undefined ? [] : [`workload ${workload}`]),
    ...Object.entries(labels ?? {}).map((pair) => pair.join('=')),
  ];
  return `exception ${index + 1} (${rule}, ${parts.join(', ')})`;
}
