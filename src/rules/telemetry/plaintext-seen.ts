import type { SeenFlow } from '../../evidence/traffic/traffic-seen.ts';
import type { Facts, PortFacts } from '../../graph/facts.ts';
import type { Workload } from '../../model/inventory/types.ts';
import { type CauseGroup, type Explanation, type Outcome, type Rule, subjectOf } from '../rule.ts';
import { extentOf, fewOf, workloadsOf } from '../workload-names.ts';
import { evidenceOf, flowText, metricsDays, notSeen, seenFactors } from './words.ts';

/**
 * Plaintext that a proxy of the mesh was seen to take: whoever sends it breaks when the port turns STRICT. Source: `connection_security_policy`
 * of Istio's standard metrics, reported by the destination; an inbound access log without a server name.
 */
export const plaintextSeen: Rule = {
  meta: {
    id: 'telemetry/plaintext-seen',
    title: 'plaintext is still used',
    severity: 'MEDIUM',
    catalogue: 'ID-01',
    dimension: 'mtls',
    references: [
      'https://istio.io/latest/docs/reference/config/metrics/',
      'https://istio.io/latest/docs/tasks/security/authentication/mtls-migration/',
    ],
  },

  *judge(facts) {
    for (const workload of facts.mesh.workloads) yield* judgeWorkload(facts, workload);
  },

  explain,
};

/** To workloads whose proxy ends mutual TLS; gateways take whom they are there for. */
export function plaintextTo({ traffic }: Pick<Facts, 'traffic'>, workload: Workload): readonly SeenFlow[] {
  const { kind } = workload.dataPlane;
  if (kind !== 'sidecar' && kind !== 'ambient') return [];
  return traffic.to(workload).filter(({ security, passed }) => security === 'none' && passed > 0);
}

function* judgeWorkload(facts: Facts, workload: Workload): Iterable<Outcome> {
  const { kind } = workload.dataPlane;
  if (kind !== 'sidecar' && kind !== 'ambient') {
    yield {
      kind: 'not-applicable',
      subject: subjectOf(workload),
      why: 'no proxy of it ends mutual TLS by PeerAuthentication',
    };
    return;
  }
  if (facts.traffic.to(workload).length === 0) {
    yield notSeen(facts, workload);
    return;
  }
  const flows = plaintextTo(facts, workload);
  if (flows.length === 0) yield { kind: 'pass', subject: subjectOf(workload) };
  for (const flow of flows) {
    const ports = facts.ports(workload).filter(({ port }) => flow.ports.length === 0 || flow.ports.includes(port.port));
    const cause = ports.find(({ mtls }) => mtls.by !== null)?.mtls.by ?? null;
    const isRefused = ports.length > 0 && ports.every(isStrict);
    yield {
      kind: 'fail',
      subject: subjectOf(workload, flow.ports.length === 1 ? flow.ports[0] : undefined),
      cause,
      causeKey: isRefused ? 'although STRICT' : cause ? '' : workload.namespace,
      factors: seenFactors(facts, workload, 'plaintext'),
      status: 'VERIFIED',
      assumes: isRefused ? ['by the input the port is STRICT: the cluster enforces something else'] : [],
      evidence: evidenceOf(flow),
    };
  }
}

const isStrict = ({ mtls }: PortFacts): boolean => mtls.mode === 'STRICT';

function explain({ fails, causeKey }: CauseGroup, facts: Facts): Explanation {
  const workloads = workloadsOf(facts, fails);
  const flows = workloads.flatMap((workload) => plaintextTo(facts, workload));
  const callers = [...new Set(flows.map(({ from }) => from.name))];
  const days = metricsDays(facts);
  const isContradiction = causeKey !== '' && causeKey.startsWith('although');
  return {
    title: isContradiction
      ? `plaintext was taken although the input says STRICT: ${extentOf(workloads)}`
      : `plaintext is still used: ${callers.length} ${callers.length === 1 ? 'caller' : 'callers'} of ${extentOf(workloads)} would break under STRICT`,
    scenario: `Seen by the destination's own proxy: ${fewOf(flows.map(flowText), 3)}. Whoever is named here is named by what it says of itself: plaintext proves no identity.`,
    impact:
      'Confidentiality and integrity: these requests can be read and forged on the way. Availability: STRICT would refuse them.',
    remediation: {
      summary: isContradiction
        ? 'find out what the cluster enforces: compare the PeerAuthentication there, and what the proxy holds'
        : 'give the callers a mesh identity (or a port of their own), watch until no plaintext is seen for a week, then set STRICT',
      changes: [],
      steps: [
        ...flows.slice(0, 10).map(flowText),
        ...(flows.length > 10 ? [`+${flows.length - 10} more`] : []),
        `metrics cover ${days} whole days${days < 7 ? ': what runs weekly may not have been seen' : ''}`,
      ],
    },
    validation: {
      positive: [
        'each caller again, once it has an identity: its requests are counted with connection_security_policy="mutual_tls"',
      ],
      negative: [
        'sum(increase(istio_requests_total{reporter="destination",connection_security_policy="none"}[7d])) by (destination_workload) is 0',
      ],
    },
    rollback: 'nothing is changed; STRICT is taken back by PERMISSIVE',
  };
}
