import type { PortFacts } from '../graph/facts.ts';
import { enrolmentUnsettled } from './identity.ts';
import type { Measure } from './measure.ts';
import { judgedPort, type MemberPort, type Population } from './population.ts';
import { type Judged, tally } from './tally.ts';

/** Authorization: TCP ports of workloads on which a policy restricts who may do what, or nobody may do anything. */
export function authorizationMeasures(population: Population): readonly Measure[] {
  return [
    {
      subjects: 'workload ports',
      covered: 'restricted by policy',
      tally: tally(population.tcpPorts.map((port) => judgeAuthorization(population, port))),
      absent: 'workload ports: the workloads and Services behind the gateways',
      unsettled: `${enrolmentUnsettled}, and proxy dumps where EnvoyFilters or extensions touch authorization`,
    },
  ];
}

function judgeAuthorization(population: Population, port: MemberPort): Judged {
  const { captured, authorization } = port.facts;
  const { posture, status } = authorization;
  return judgedPort(population, port, {
    covered: captured.captured && isRestricted(port.facts),
    status: posture === 'conditional' ? 'UNKNOWN' : status,
    assumed: posture === 'none' && captured.captured && population.rootUnknown,
  });
}

export const isRestricted = ({ authorization: { posture } }: PortFacts): boolean =>
  posture === 'restricted' || posture === 'deny-all';
