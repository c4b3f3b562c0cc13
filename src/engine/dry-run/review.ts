import type { Facts } from '../../graph/facts.ts';
import type { Workload } from '../../model/inventory/types.ts';
import { checkFlows } from '../../rules/check-flows.ts';
import type { DryRun } from '../../result/dry-run.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { replay } from './replay.ts';

type Review = NonNullable<DryRun['together']>;
type Call = Review['denies'][number];

/** Days that telemetry has to cover before anything counts as ready: what runs once a week is seen then. */
const ENOUGH = 7;
const MOST_NAMED = 5;

/** What a change would do to traffic that was seen to these workloads, and whether that is enough to say that it is ready. */
export function review(
  facts: Facts,
  after: Enforcement,
  workloads: readonly Workload[],
  window: DryRun['window'],
): { readonly review: Review; readonly kept: readonly Call[] } {
  const outcomes = workloads.flatMap((workload) =>
    facts.traffic.to(workload).flatMap((flow) => replay(facts, after, flow)),
  );
  const of = (kind: (typeof outcomes)[number]['kind']) => outcomes.filter((each) => each.kind === kind);
  const denies = of('denied').map(({ call }) => call);
  const undecided = of('undecided').map(({ call }) => call);
  const { broken } = checkFlows(facts, after, workloads);
  const missing = missingFor(
    facts,
    workloads,
    window,
    outcomes.some(({ byLogs }) => byLogs),
    undecided.length,
  );
  const faults = [
    ...(denies.length > 0 ? [`${calls(denies.length)} that were seen to pass would be refused`] : []),
    ...(broken.length > 0 ? [`${broken.length} wanted ${broken.length === 1 ? 'flow' : 'flows'} would break`] : []),
  ];
  const kept = of('kept').map(({ call }) => call);
  const reviewed: Review = {
    readiness: faults.length > 0 ? 'not ready' : missing.length > 0 ? 'unknown' : 'ready',
    reasons: [...faults, ...missing],
    denies,
    undecided,
    keeps: { of: outcomes.length, have: kept.length },
    breaks: [...broken],
  };
  return { review: reviewed, kept };
}

/** What keeps it from being told. */
function missingFor(
  { traffic }: Facts,
  workloads: readonly Workload[],
  { metrics, logs, files }: DryRun['window'],
  needsLogs: boolean,
  undecided: number,
): readonly string[] {
  if (files.length === 0)
    return [
      'there is no telemetry in the input: who calls is not known (results of Prometheus, access logs; docs/telemetry.md)',
    ];
  const reasons: string[] = [];
  if (undecided > 0) reasons.push(`of ${calls(undecided)} it cannot be told: see why for each`);
  const counted = Math.max(metrics.days, needsLogs ? 0 : logs.days);
  if (counted < ENOUGH)
    reasons.push(`metrics cover ${counted} whole days, less than ${ENOUGH}: what runs weekly may not have been seen`);
  if (needsLogs && logs.days < ENOUGH)
    reasons.push(`it depends on operations, and access logs cover ${logs.days} whole days, less than ${ENOUGH}`);
  const silent = workloads.filter((workload) => workload.ports.length > 0 && traffic.to(workload).length === 0);
  if (silent.length > 0) {
    const names = silent.slice(0, MOST_NAMED).map(({ id }) => id);
    const more = silent.length > names.length ? `, +${silent.length - names.length} more` : '';
    reasons.push(`no call to ${names.join(', ')}${more} is in the telemetry: nobody calls, or nobody counts it`);
  }
  return reasons;
}

const calls = (count: number): string => `${count} ${count === 1 ? 'kind of call' : 'kinds of calls'}`;
