import { accessLogging, type AccessLogging } from '../semantics/telemetry/access-logging.ts';
import { enrolmentUnsettled } from './identity.ts';
import type { Measure } from './measure.ts';
import { judgedWorkload, type Member, type Population } from './population.ts';
import { type Judged, tally } from './tally.ts';

/** Auditability: would anybody see it, and does anybody know what should be seen. */
export function auditabilityMeasures(population: Population, meshConfigUnknown: boolean): readonly Measure[] {
  const { members, services, facts } = population;
  const loggingOf = accessLogging(facts.enforcement);
  return [
    {
      subjects: 'workloads',
      covered: 'with access logs',
      tally: tally(
        members.map((member) => judgeLogging(population, member, loggingOf(member.workload), meshConfigUnknown)),
      ),
      absent: 'the workloads',
      unsettled: enrolmentUnsettled,
    },
    {
      subjects: 'workloads',
      covered: 'with stated callers',
      // What people state is theirs to know; no data plane could show it better.
      tally: tally(
        services.map((member) =>
          judgedWorkload(population, member, { covered: facts.wanted.isStated(member.workload), status: 'VERIFIED' }),
        ),
      ),
      absent: 'the workloads',
      unsettled: '`wanted` in meshproof.yaml',
    },
  ];
}

function judgeLogging(
  population: Population,
  member: Member,
  { logs, from }: AccessLogging,
  meshConfigUnknown: boolean,
): Judged {
  return judgedWorkload(population, member, {
    covered: logs,
    status: member.workload.dataPlane.status,
    assumed: !logs && from === 'default' && meshConfigUnknown,
  });
}
