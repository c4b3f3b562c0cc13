import type { SeenFlow } from '../../evidence/traffic/traffic-seen.ts';
import type { Facts } from '../../graph/facts.ts';
import type { Workload } from '../../model/inventory/types.ts';
import { type CauseGroup, type Explanation, type Rule, subjectOf } from '../rule.ts';
import { workloadsOf } from '../workload-names.ts';
import { plaintextTo } from './plaintext-seen.ts';
import { evidenceOf, flowText, metricsDays, seenFactors } from './words.ts';

/**
 * A workload of the mesh whose calls arrive in plaintext: they went around its own proxy, or that was told not to use mutual TLS. Source:
 * reference §5.3 (capture), §1.7 (DestinationRule wins over auto mTLS).
 */
export const bypass: Rule = {
  meta: {
    id: 'telemetry/bypass',
    title: 'a caller of the mesh goes around its proxy',
    severity: 'MEDIUM',
    catalogue: 'EG-06',
    dimension: 'mtls',
    references: ['https://istio.io/latest/docs/ops/best-practices/security/#understand-traffic-capture-limitations'],
  },

  *judge(facts) {
    const around = new Map<Workload, SeenFlow[]>();
    for (const to of facts.mesh.workloads) {
      for (const flow of plaintextTo(facts, to)) {
        const { workload } = flow.from;
        if (!workload || !hasProxy(workload)) continue;
        around.set(workload, [...(around.get(workload) ?? []), flow]);
      }
    }
    for (const workload of facts.mesh.workloads) {
      const subject = subjectOf(workload);
      const flows = around.get(workload) ?? [];
      if (!hasProxy(workload)) yield { kind: 'not-applicable', subject, why: 'it has no proxy to go around' };
      else if (facts.traffic.from(workload).length === 0)
        yield { kind: 'not-applicable', subject, why: 'no call of it is in the telemetry' };
      else if (flows.length === 0) yield { kind: 'pass', subject };
      for (const flow of flows) {
        yield {
          kind: 'fail',
          subject,
          cause: null,
          causeKey: workload.id,
          factors: seenFactors(facts, flow.to, 'plaintext'),
          status: 'INFERRED',
          assumes: ['the caller is who its request says: plaintext proves no identity'],
          evidence: evidenceOf(flow),
        };
      }
    }
  },

  explain,
};

const hasProxy = ({ dataPlane }: Workload): boolean => dataPlane.kind === 'sidecar' || dataPlane.kind === 'ambient';

function explain({ fails }: CauseGroup, facts: Facts): Explanation {
  const [caller] = workloadsOf(facts, fails);
  const flows = caller
    ? facts.traffic.from(caller).filter(({ security, passed }) => security === 'none' && passed > 0)
    : [];
  const name = caller?.id ?? 'a workload';
  return {
    title: `${name} is in the mesh, and its calls arrive in plaintext`,
    scenario: `${flows.slice(0, 3).map(flowText).join('; ')}. Its own proxy would have used mutual TLS: ports or addresses excluded from capture, a process with the proxy's user id, an init container, or a DestinationRule with tls mode DISABLE.`,
    impact:
      'Confidentiality and integrity: the calls carry no identity, and no policy or log on the side of the caller sees them.',
    remediation: {
      summary: 'find what keeps the calls from the proxy and take it away before the destinations turn STRICT',
      changes: [],
      steps: [...flows.slice(0, 10).map(flowText), `metrics cover ${metricsDays(facts)} whole days`],
    },
    validation: {
      positive: ['its calls are counted with connection_security_policy="mutual_tls"'],
      negative: ['none of its calls is counted with connection_security_policy="none"'],
    },
    rollback: 'put the annotation or the DestinationRule back',
  };
}
