import { daysCovered } from '../../evidence/traffic/days-covered.ts';
import type { SeenFlow } from '../../evidence/traffic/traffic-seen.ts';
import type { Facts } from '../../graph/facts.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { Evidence } from '../../result/types.ts';
import { type Factors, type Outcome, subjectOf } from '../rule.ts';

/** Whole days that metrics cover. */
export const metricsDays = ({ traffic }: Facts): number =>
  daysCovered(traffic.windows.filter(({ kind }) => kind === 'metrics'));

/** `shop/web → shop/orders:8080, 20 requests on 3 days, last 2026-11-20`. */
export function flowText({ from, to, ports, passed, days }: SeenFlow): string {
  const port = ports.length === 1 ? `:${ports[0]}` : '';
  const when = days.length === 0 ? '' : ` on ${days.length} ${days.length === 1 ? 'day' : 'days'}, last ${days.at(-1)}`;
  return `${from.name} → ${to.id}${port}, ${passed} ${passed === 1 ? 'request' : 'requests'}${when}`;
}

/** The files that show it. */
export function evidenceOf(flow: SeenFlow): readonly Evidence[] {
  const at = flow.days.at(-1);
  return flow.files.map((file) => ({
    source: { file, line: flow.operations.find((each) => each.file === file)?.line ?? 1, column: 1 },
    shows: `seen: ${flowText(flow)}`,
    ...(at === undefined ? {} : { at }),
  }));
}

/** Something that happened; what an attacker could make of it is for the rules on configuration. */
export function seenFactors(facts: Facts, workload: Workload, entry: Factors['entry']): Factors {
  return {
    entry,
    requires: [],
    breaches: 0,
    sensitivity: facts.sensitivity(workload).level,
    compensations: [],
    stated: facts.wanted.isStated(workload),
    defenceInDepth: true,
  };
}

export const notSeen = ({ traffic }: Facts, workload: Workload): Outcome => ({
  kind: 'not-applicable',
  subject: subjectOf(workload),
  why: traffic.windows.length === 0 ? 'no telemetry in the input' : 'no call to it is in the telemetry',
});
