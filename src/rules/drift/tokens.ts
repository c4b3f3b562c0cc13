import type { Rule } from '../rule.ts';
import { explainDrift } from './explain-drift.ts';
import { judgeDrift } from './judge-drift.ts';

/**
 * The JWT filter of a proxy has other rules than the RequestAuthentications that apply, also where no verdict changes: whose tokens count is a
 * control by itself. Source: istio pilot/pkg/security/authn/policy_applier.go.
 */
export const tokens: Rule = {
  meta: {
    id: 'drift/tokens',
    title: 'a proxy takes tokens by other rules than the configuration has',
    severity: 'MEDIUM',
    catalogue: 'CP-17',
    dimension: 'request-authn',
    references: [
      'https://istio.io/latest/docs/ops/diagnostic-tools/proxy-cmd/',
      'https://istio.io/latest/docs/reference/config/security/request_authentication/',
    ],
  },
  judge: (facts) => judgeDrift(facts, 'tokens'),
  explain: (group, facts) =>
    explainDrift(
      'tokens',
      {
        title: (holders) => `${holders} validate tokens by other rules than is configured`,
        impact:
          'Integrity: tokens of an issuer that nobody configured may count, or those that are meant to be checked are not looked at.',
        inspect: (pod, namespace) => [
          `istioctl proxy-config listener ${pod}.${namespace} --port 15006 -o json  # the filter envoy.filters.http.jwt_authn`,
          'kubectl get requestauthentications -A -o yaml  # what is really applied',
        ],
        repair: [
          'apply the RequestAuthentication that is missing, or delete the one that nobody wants',
          'where the keys could not be fetched istiod sends others in their place: see its log for the jwksUri',
        ],
      },
      group,
      facts,
    ),
};
