import type { Rule } from '../rule.ts';
import { explainDrift } from './explain-drift.ts';
import { judgeDrift } from './judge-drift.ts';

/**
 * An Envoy did not take what istiod sent it and goes on with what it had, or with nothing. Every later change is held up too. Source: envoy
 * api/envoy/admin/v3/config_dump.proto (UpdateFailureState); istiod's `/debug/syncz` (`lastError`).
 */
export const rejected: Rule = {
  meta: {
    id: 'drift/rejected',
    title: 'a proxy rejected its configuration',
    severity: 'MEDIUM',
    catalogue: 'CP-17',
    dimension: 'auditability',
    references: [
      'https://istio.io/latest/docs/ops/diagnostic-tools/proxy-cmd/',
      'https://istio.io/latest/docs/reference/config/networking/envoy-filter/',
    ],
  },
  judge: (facts) => judgeDrift(facts, 'rejected'),
  explain: (group, facts) =>
    explainDrift(
      'rejected',
      {
        title: (holders, drifts) =>
          drifts.every(({ unanswered }) => unanswered)
            ? `${holders} have not taken what istiod sent, or should have sent`
            : `${holders} rejected configuration that istiod sent`,
        impact:
          'Confidentiality, integrity, availability: what was applied since is not in force there, a policy that closes something included, and nothing says so to those who applied it.',
        inspect: (pod, namespace) => [
          `kubectl logs ${pod} -n ${namespace} -c istio-proxy  # the warning gRPC config … rejected`,
          'istioctl analyze -A',
        ],
        repair: [
          'where nothing was rejected: see whether the proxy reaches istiod (port 15012), and restart the pod where it hangs',
          'correct or remove the object that the reason names (most often an EnvoyFilter, or a plugin that this build of Envoy lacks)',
          'watch pilot_total_xds_rejects: it is 0 while everything is taken',
        ],
      },
      group,
      facts,
    ),
};
