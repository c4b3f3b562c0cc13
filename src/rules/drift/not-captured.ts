import type { Rule } from '../rule.ts';
import { explainDrift } from './explain-drift.ts';
import { judgeDrift } from './judge-drift.ts';

/**
 * A pod has a proxy that its traffic does not go through: no inbound listener in use, or nothing is redirected to it. Nothing of what the mesh
 * configures holds there. Source: istio tools/istio-iptables; pilot/pkg/networking/core/listener.go (virtualInbound).
 */
export const notCaptured: Rule = {
  meta: {
    id: 'drift/not-captured',
    title: 'the traffic of a workload in the mesh does not pass its proxy',
    severity: 'HIGH',
    catalogue: 'CP-17',
    dimension: 'mtls',
    references: [
      'https://istio.io/latest/docs/ops/diagnostic-tools/proxy-cmd/',
      'https://istio.io/latest/docs/ops/common-problems/injection/',
    ],
  },
  judge: (facts) => judgeDrift(facts, 'not-captured'),
  explain: (group, facts) =>
    explainDrift(
      'not-captured',
      {
        title: (whom) => `what is sent to ${whom} does not pass its proxy`,
        impact:
          'Confidentiality, integrity, availability: neither mutual TLS nor any policy is enforced; whoever reaches the pod on the network gets in.',
        inspect: (pod, namespace) => [
          `istioctl proxy-config listener ${pod}.${namespace} --port 15006`,
          `kubectl get pod ${pod} -n ${namespace} -o yaml  # istio-init or istio-validation, sidecar.istio.io/interceptionMode, hostNetwork`,
        ],
        repair: [
          'restart the pod once the injection webhook or the CNI plugin is well again, so that traffic is redirected',
          'until then keep others out by NetworkPolicy',
        ],
      },
      group,
      facts,
    ),
};
