import type { PortFacts } from '../graph/facts.ts';
import { enrolmentUnsettled } from './identity.ts';
import type { Measure } from './measure.ts';
import { judgedPort, type Population } from './population.ts';
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
      tally: tally(tcpPorts(population).map((port) => judgeTransport(population, port))),
      absent: 'workload ports: the workloads and Services behind the gateways',
      unsettled: enrolmentUnsettled,
    },
  ];
}

export function tcpPorts({ services, facts }: Population): PortFacts[] {
  return services.flatMap((workload) => facts.ports(workload).filter(({ port }) => port.transport === 'TCP'));
}

export function judgeTransport(population: Population, facts: PortFacts): Judged {
  const { mtls, captured, workload } = facts;
  const ofDataPlane = new Set(workload.dataPlane.assumes);
  return judgedPort(population, facts, {
    covered: captured.captured && mtls.mode === 'STRICT',
    status: mtls.status,
    assumed: captured.captured && (mtls.assumes.some((text) => !ofDataPlane.has(text)) || (mtls.level === 'default' && population.rootUnknown)),
  });
}
