import { enrolmentUnsettled } from './identity.ts';
import type { Measure } from './measure.ts';
import { judgedPort, type MemberPort, type Population } from './population.ts';
import { type Judged, tally } from './tally.ts';

/**
 * mTLS: TCP ports of workloads that take nothing but mutual TLS. Ports of workloads outside the mesh count as not covered; listeners of
 * gateways and waypoints are not PeerAuthentication's to govern and don't count.
 */
export function mtlsMeasures(population: Population): readonly Measure[] {
  return [
    {
      subjects: 'workload ports',
      covered: 'STRICT',
      tally: tally(population.tcpPorts.map((port) => judgeTransport(population, port))),
      absent: 'workload ports: the workloads and Services behind the gateways',
      unsettled: enrolmentUnsettled,
    },
  ];
}

function judgeTransport(population: Population, port: MemberPort): Judged {
  const { mtls, captured, workload } = port.facts;
  const { assumes } = workload.dataPlane;
  const doubtful =
    mtls.assumes.some((text) => !assumes.includes(text)) || (mtls.level === 'default' && population.rootUnknown);
  return judgedPort(population, port, {
    covered: captured.captured && mtls.mode === 'STRICT',
    status: mtls.status,
    assumed: captured.captured && doubtful,
  });
}
