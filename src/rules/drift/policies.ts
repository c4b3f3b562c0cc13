import type { Rule } from '../rule.ts';
import { explainDrift } from './explain-drift.ts';
import { judgeDrift } from './judge-drift.ts';

/**
 * The RBAC filters that a proxy holds let other requests through than the AuthorizationPolicies that apply to it. Compared by meaning: order,
 * repetition and wording make no difference. Source: istio pilot/pkg/security/authz/builder; method.md, rule 4.
 */
export const policies: Rule = {
  meta: {
    id: 'drift/policies',
    title: 'a proxy enforces other policies than the configuration has',
    severity: 'MEDIUM',
    catalogue: 'CP-17',
    dimension: 'authorization',
    references: [
      'https://istio.io/latest/docs/ops/diagnostic-tools/proxy-cmd/',
      'https://istio.io/latest/docs/ops/common-problems/security-issues/',
    ],
  },
  judge: (facts) => judgeDrift(facts, 'policies'),
  explain: (group, facts) =>
    explainDrift(
      'policies',
      {
        title: (holders, drifts) =>
          drifts.some(({ looser }) => looser === 'proxy')
            ? `${holders} let requests through that the configured policies refuse`
            : `${holders} refuse requests that the configured policies allow`,
        impact:
          'Confidentiality, integrity, availability: who gets in is decided by rules that nobody reviewed; what reviews and reports say of the policies is not what is in force.',
        inspect: (pod, namespace) => [
          `istioctl proxy-config listener ${pod}.${namespace} --port 15006 -o json  # the RBAC filters in use`,
          `kubectl get authorizationpolicies -n ${namespace} -o yaml  # what is really applied`,
        ],
        repair: [
          'apply what is missing, delete what nobody wants, or bring the manifests up to date',
          'where the proxy is stale or rejects what it is sent: see its log and istiod’s (pilot_total_xds_rejects), correct the object, or restart the pod',
        ],
      },
      group,
      facts,
    ),
};
