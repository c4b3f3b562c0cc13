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
        title: (_, drifts, whom) => {
          if (!drifts.every(({ past }) => past === 'waypoint'))
            return `what is sent to ${whom} does not pass its proxy`;
          return drifts.some(({ looser }) => looser === 'proxy')
            ? `what is sent to ${whom} does not pass its waypoint`
            : `what is sent to ${whom} takes another waypoint than is configured`;
        },
        impact:
          'Confidentiality, integrity, availability: neither mutual TLS nor any policy of the proxy that is gone past is enforced; whoever reaches the pod on the network gets in.',
        inspect: (pod, namespace) => [
          `istioctl proxy-config listener ${pod}.${namespace} --port 15006`,
          `kubectl get pod ${pod} -n ${namespace} -o yaml  # istio-init or istio-validation, sidecar.istio.io/interceptionMode, hostNetwork`,
        ],
        repair: [
          'restart the pod once the injection webhook or the CNI plugin is well again, so that traffic is redirected',
          'where it goes past a waypoint: compare the labels `istio.io/use-waypoint` and the status of the Gateway with the manifests',
          'until then keep others out by NetworkPolicy',
        ],
      },
      group,
      facts,
    ),
};
