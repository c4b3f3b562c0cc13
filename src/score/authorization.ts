import type { PortFacts } from '../graph/facts.ts';
import { enrolmentUnsettled } from './identity.ts';
import type { Measure } from './measure.ts';
import { tcpPorts } from './mtls.ts';
import { judgedPort, type Population } from './population.ts';
import { type Judged, tally } from './tally.ts';

/** Authorization: TCP ports of workloads on which a policy restricts who may do what, or nobody may do anything. */
export function authorizationMeasures(population: Population): readonly Measure[] {
  return [
    {
      subjects: 'workload ports',
      covered: 'restricted by policy',
      tally: tally(tcpPorts(population).map((port) => judgeAuthorization(population, port))),
      absent: 'workload ports: the workloads and Services behind the gateways',
      unsettled: `${enrolmentUnsettled}, and proxy dumps where EnvoyFilters or extensions touch authorization`,
    },
  ];
}

export function judgeAuthorization(population: Population, facts: PortFacts): Judged {
  const { posture, status } = facts.authorization;
  return judgedPort(population, facts, {
    covered: facts.captured.captured && isRestricted(facts),
    status: posture === 'conditional' ? 'UNKNOWN' : status,
    assumed: posture === 'none' && facts.captured.captured && population.rootUnknown,
  });
}

export const isRestricted = ({ authorization: { posture } }: PortFacts): boolean => posture === 'restricted' || posture === 'deny-all';
