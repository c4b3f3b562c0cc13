import type { Rule } from '../rule.ts';
import { explainDrift } from './explain-drift.ts';
import { judgeDrift } from './judge-drift.ts';

/**
 * The filter chains of a port come to another mode of mutual TLS than PeerAuthentication says, or take certificates of other trust domains. Modes
 * that were seen are those that everything else is decided with. Source: istio pilot/pkg/networking/core/listener_inbound.go; reference §1.3.
 */
export const mutualTls: Rule = {
  meta: {
    id: 'drift/mutual-tls',
    title: 'a proxy demands other certificates than the configuration says',
    severity: 'MEDIUM',
    catalogue: 'CP-17',
    dimension: 'mtls',
    references: [
      'https://istio.io/latest/docs/ops/diagnostic-tools/proxy-cmd/',
      'https://istio.io/latest/docs/reference/config/security/peer_authentication/',
    ],
  },
  judge: (facts) => judgeDrift(facts, 'mutual-tls'),
  explain: (group, facts) =>
    explainDrift(
      'mutual-tls',
      {
        title: (holders, drifts) =>
          drifts.some(({ looser }) => looser === 'proxy')
            ? `${holders} demand less mutual TLS than is configured`
            : drifts.some(({ looser }) => looser === 'configuration')
              ? `${holders} demand more mutual TLS than is configured`
              : `${holders} demand other certificates than is configured`,
        impact:
          'Confidentiality and integrity: whether a caller has to prove who it is, is decided otherwise than anybody reads off the configuration; where the proxy is stricter, callers break without a visible reason.',
        inspect: (pod, namespace) => [
          `istioctl proxy-config listener ${pod}.${namespace} --port 15006 -o json  # transport sockets and chain matches`,
          `kubectl get peerauthentications -A -o yaml  # those of ${namespace}, the workload, and the root namespace`,
        ],
        repair: [
          'compare the PeerAuthentications in the cluster with the manifests, those of the root namespace too',
          'restart the pod where the proxy is stale',
        ],
      },
      group,
      facts,
    ),
};
