import type { SeenFlow } from '../../evidence/traffic/traffic-seen.ts';
import type { Facts } from '../../graph/facts.ts';
import type { Workload } from '../../model/inventory/types.ts';
import { type CauseGroup, type Explanation, type Rule, subjectOf } from '../rule.ts';
import { extentOf, workloadsOf } from '../workload-names.ts';
import { evidenceOf, flowText, notSeen, seenFactors } from './words.ts';

/**
 * Identities of a trust domain that the mesh config does not know, seen to be let in: the roots that proxies trust are wider than the trust
 * domain. Source: reference §2.10 (istio pilot/pkg/security/trustdomain/trust-domain.go).
 */
export const unexpectedTrustDomain: Rule = {
  meta: {
    id: 'telemetry/unexpected-trust-domain',
    title: 'an identity of an unknown trust domain was let in',
    severity: 'MEDIUM',
    catalogue: 'ID-13',
    dimension: 'identity',
    references: ['https://istio.io/latest/docs/ops/configuration/security/trust-domain-migration/'],
  },

  *judge(facts) {
    for (const workload of facts.mesh.workloads) {
      const flows = strangersTo(facts, workload);
      if (facts.traffic.to(workload).length === 0) yield notSeen(facts, workload);
      else if (flows.length === 0) yield { kind: 'pass', subject: subjectOf(workload) };
      for (const flow of flows) {
        yield {
          kind: 'fail',
          subject: subjectOf(workload),
          cause: null,
          causeKey: trustDomainOf(flow) ?? '',
          factors: seenFactors(facts, workload, 'named-identities'),
          status: 'VERIFIED',
          assumes: facts.isComplete('mesh-config')
            ? []
            : ['the mesh config is not in the input: its trust domains may name it'],
          evidence: evidenceOf(flow),
        };
      }
    }
  },

  explain,
};

const trustDomainOf = ({ from, security }: SeenFlow): string | undefined =>
  security === 'mutual_tls' ? from.principal?.split('/')[0] : undefined;

function strangersTo({ traffic, enforcement }: Facts, workload: Workload): readonly SeenFlow[] {
  const known = new Set(enforcement.trustedDomains(enforcement.configOf(workload)));
  return traffic.to(workload).filter((flow) => {
    const trustDomain = trustDomainOf(flow);
    return flow.passed > 0 && trustDomain !== undefined && !known.has(trustDomain);
  });
}

function explain({ fails, causeKey }: CauseGroup, facts: Facts): Explanation {
  const workloads = workloadsOf(facts, fails);
  const flows = workloads
    .flatMap((workload) => strangersTo(facts, workload))
    .filter((flow) => trustDomainOf(flow) === causeKey);
  return {
    title: `identities of trust domain ${causeKey} are let in at ${extentOf(workloads)}, and the mesh config does not name it`,
    scenario: `${flows.slice(0, 3).map(flowText).join('; ')}. Their certificates chain to a root that the proxies trust.`,
    impact:
      'Integrity: whoever issues for that trust domain can speak to the mesh, and patterns such as `*` in rules admit it.',
    remediation: {
      summary: `name ${causeKey} in \`trustDomainAliases\` or \`caCertificates\` if it belongs to the mesh, else take its root out of what proxies trust`,
      changes: [],
      steps: flows.slice(0, 10).map(flowText),
    },
    validation: {
      positive: ['calls within the mesh go on'],
      negative: [`a call with an identity of ${causeKey} fails in the handshake`],
    },
    rollback: 'put the root, or the alias, back',
  };
}
