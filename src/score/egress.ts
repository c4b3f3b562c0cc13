import { type EgressFacts, egressFacts } from '../graph/egress.ts';
import { enrolmentUnsettled } from './identity.ts';
import type { Measure } from './measure.ts';
import { judgedWorkload, type Member, type Population } from './population.ts';
import { networkPoliciesUnsettled } from './segmentation.ts';
import { type Judged, tally } from './tally.ts';

/**
 * Egress: what the proxy stops and what the network stops, both needed: REGISTRY_ONLY alone is no firewall (method.md, rule 6). A network policy
 * that leaves some port open to any address, as rules for DNS without a peer do, still lets data out.
 */
export function egressMeasures(population: Population): readonly Measure[] {
  const egress = egressFacts(population.facts);
  return [
    {
      subjects: 'workloads',
      covered: 'held to known hosts by their proxy (REGISTRY_ONLY, no plain way around it)',
      tally: tally(population.services.map((member) => judgeProxy(population, egress, member))),
      absent: 'the workloads',
      unsettled: enrolmentUnsettled,
    },
    {
      subjects: 'workloads',
      covered: 'kept from arbitrary outside addresses by a NetworkPolicy',
      tally: tally(population.services.map((member) => judgeControl(population, egress, member))),
      absent: 'the workloads',
      unsettled: networkPoliciesUnsettled,
    },
  ];
}

function judgeProxy(population: Population, egress: EgressFacts, member: Member): Judged {
  const { workload } = member;
  const outbound = egress.outboundOf(workload);
  const covered = outbound?.mode === 'REGISTRY_ONLY' && !egress.exitsOf(workload).some(({ plain }) => plain);
  return judgedWorkload(population, member, {
    covered,
    status: workload.dataPlane.status,
    assumed: (outbound?.assumes.length ?? 0) > 0,
  });
}

function judgeControl(population: Population, egress: EgressFacts, member: Member): Judged {
  const { state, assumes } = egress.controlOf(member.workload);
  const covered = state === 'restricted';
  const conditional = state === 'unknown' || (!covered && assumes.length > 0);
  return judgedWorkload(population, member, {
    covered,
    status: conditional ? 'UNKNOWN' : 'INFERRED',
    assumed: covered && assumes.length > 0,
  });
}
