import type { Rule } from '../rule.ts';
import { explainDrift } from './explain-drift.ts';
import { judgeDrift } from './judge-drift.ts';

/**
 * A gateway listens for other names, ends TLS otherwise, or leads requests elsewhere than Gateways, VirtualServices, HTTPRoutes and Ingresses say.
 * Source: istio pilot/pkg/networking/core/gateway.go.
 */
export const serving: Rule = {
  meta: {
    id: 'drift/serving',
    title: 'a gateway serves something else than the configuration says',
    severity: 'MEDIUM',
    catalogue: 'CP-17',
    dimension: 'ingress',
    references: [
      'https://istio.io/latest/docs/ops/diagnostic-tools/proxy-cmd/',
      'https://istio.io/latest/docs/reference/config/networking/gateway/',
    ],
  },
  judge: (facts) => judgeDrift(facts, 'serving'),
  explain: (group, facts) =>
    explainDrift(
      'serving',
      {
        title: (holders, drifts) =>
          drifts.some(({ looser }) => looser === 'proxy')
            ? `${holders} serve more, or ask for less, than is configured`
            : `${holders} serve something else than is configured`,
        impact:
          'Confidentiality, integrity, availability: who may connect from outside, and which services they reach, is not what anybody reads off the Gateways and routes.',
        inspect: (pod, namespace) => [
          `istioctl proxy-config listener ${pod}.${namespace} -o json  # names, and what certificates are asked for`,
          `istioctl proxy-config route ${pod}.${namespace}  # hosts, and where they are led`,
          'kubectl get gateways.networking.istio.io,virtualservices,httproutes,ingresses -A  # what is really applied',
        ],
        repair: [
          'apply what is missing, delete what nobody wants, or bring the manifests up to date',
          'where a server is missing from the proxy: see whether its credential exists in the namespace of the gateway, and istiod’s log',
        ],
      },
      group,
      facts,
    ),
};
