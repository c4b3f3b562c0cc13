import type { Workload } from '../model/inventory/types.ts';
import { outboundPolicies, type OutboundPolicy } from '../semantics/egress/outbound-policy.ts';
import { egressAllowsAnywhere } from '../semantics/network-policy/external-egress.ts';
import type { Measure } from './measure.ts';
import { judgedWorkload, type Population } from './population.ts';
import { judgeNetwork, networkPoliciesMissing } from './segmentation.ts';
import { type Judged, tally } from './tally.ts';

/**
 * Egress: what the proxy stops and what the network stops, both needed: REGISTRY_ONLY alone is no firewall (method.md, rule 6). A policy that
 * leaves some port open to any address, as rules for DNS without a peer do, still lets data out.
 */
export function egressMeasures(population: Population, meshConfigUnknown: boolean): readonly Measure[] {
  const { services, facts } = population;
  const policyOf = outboundPolicies(facts.enforcement);
  return [
    {
      subjects: 'workloads',
      covered: 'whose proxy sends to known hosts only (REGISTRY_ONLY, nothing excluded from capture)',
      tally: tally(services.map((workload) => judgeProxy(population, workload, policyOf(workload), meshConfigUnknown))),
      missing: 'the mesh config (ConfigMap istio of the root namespace) and Sidecars',
    },
    {
      subjects: 'workloads',
      covered: 'that a NetworkPolicy keeps from addresses of their choice outside the cluster',
      tally: tally(
        services.map((workload) =>
          judgeNetwork(population, workload, () => egressAllowsAnywhere(facts.enforcement.network, workload).anywhere === 'no'),
        ),
      ),
      missing: networkPoliciesMissing,
    },
  ];
}

function judgeProxy(population: Population, workload: Workload, { mode, from }: OutboundPolicy, meshConfigUnknown: boolean): Judged {
  return judgedWorkload(population, workload, {
    covered: mode === 'REGISTRY_ONLY' && capturesAllOutbound(workload),
    status: workload.dataPlane.status,
    assumed: mode === 'ALLOW_ANY' && from === 'default' && meshConfigUnknown,
  });
}

function capturesAllOutbound({ dataPlane: { capture } }: Workload): boolean {
  return (
    capture.mode !== 'NONE' &&
    capture.includeOutboundPorts === '*' &&
    capture.includeOutboundCidrs === '*' &&
    capture.excludeOutboundPorts.length === 0 &&
    capture.excludeOutboundCidrs.length === 0
  );
}
