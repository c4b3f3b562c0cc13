import type { Finding, Subject, WorkloadResult } from '../../src/result/types.ts';
import { at, cluster, sampleInventory } from './inventory.ts';

type Seed = Pick<Finding, 'id' | 'title' | 'severity' | 'subjects' | 'impact' | 'evidence' | 'remediation'> &
  Partial<Finding>;

function finding(seed: Seed): Finding {
  return {
    fingerprint: `${seed.id}@${seed.subjects[0]?.namespace}/${seed.subjects[0]?.name}`,
    factors: ['no wanted traffic is declared: the excess is probable'],
    confidence: 'medium',
    status: 'INFERRED',
    enforcement: 'not tested',
    validation: {
      positive: [
        'kubectl exec -n checkout deploy/checkout-api -- curl -s -o /dev/null -w "%{http_code}" http://payments-api.payments/v1/charges',
      ],
      negative: [
        'kubectl exec -n shop deploy/web -- curl -s -o /dev/null -w "%{http_code}" http://ledger.payments/v1/charges   # expect 403',
      ],
    },
    rollback: 'kubectl apply -f the previous version of the changed file',
    references: ['https://istio.io/latest/docs/reference/config/security/authorization-policy/'],
    controls: ['NIST 800-53 AC-3', 'PCI DSS 7.3.3'],
    ...seed,
  };
}

const object = (kind: string, namespace: string, name: string, line: number): Subject => ({
  cluster,
  kind,
  namespace,
  name,
  location: at('policies.yaml', line),
});

function affected(wanted: (workload: WorkloadResult) => boolean): Subject[] {
  return sampleInventory()
    .workloads.filter(wanted)
    .flatMap(({ kind, namespace, name, location, ports }) =>
      ports.map(({ port }) => ({ cluster, kind, namespace, name, port, location })),
    );
}

export function sampleFindings(): Finding[] {
  return [
    finding({
      id: 'authz/allow-any',
      title: 'Any caller may use every port of payments/ledger',
      severity: 'CRITICAL',
      factors: ['cardholder data', 'no token and no identity needed', 'no breach needed'],
      confidence: 'high',
      owner: 'payments',
      subjects: [
        object('AuthorizationPolicy', 'payments', 'allow-everything', 38),
        ...affected(({ id }) => id === 'payments/ledger'),
      ],
      evidence: [
        {
          source: at('policies.yaml', 41, 5),
          path: 'spec.rules[0]',
          value: '{}',
          shows: 'a rule without conditions matches every request',
        },
      ],
      scenario: 'A pod that anybody controls, outside the mesh, sends a charge to the ledger. Nothing asks who it is.',
      impact:
        'Confidentiality and integrity of cardholder data: whoever runs any pod can read and post ledger entries.',
      witness: {
        from: { workload: 'shop/web', as: 'attacker' },
        to: { workload: 'payments/ledger', port: 8080 },
        http: { method: 'POST', path: '/v1/charges', host: 'ledger.payments' },
      },
      remediation: {
        summary: 'payments: default deny, and ALLOW payments-api → ledger',
        patches: [
          {
            file: 'payments-prod/policies.yaml',
            kind: 'edit',
            diff: '--- a/payments-prod/policies.yaml\n+++ b/payments-prod/policies.yaml\n@@ -41,1 +41,4 @@\n-  - {}\n+  - from:\n+    - source:\n+        principals: ["cluster.local/ns/payments/sa/payments-api"]\n',
            objects: ['AuthorizationPolicy payments/allow-everything'],
          },
        ],
        steps: ['Name the callers of ledger', 'Apply the ALLOW first, then the default deny', 'Repeat both tests'],
      },
    }),
    finding({
      id: 'mtls/permissive',
      title: 'Ports in payments accept plaintext',
      severity: 'HIGH',
      owner: 'payments',
      subjects: [
        object('PeerAuthentication', 'payments', 'default', 10),
        ...affected(({ namespace }) => namespace === 'payments'),
      ],
      evidence: [
        {
          source: at('policies.yaml', 12, 9),
          path: 'spec.mtls.mode',
          value: 'PERMISSIVE',
          shows: 'both mTLS and plaintext are accepted',
        },
      ],
      impact: 'Whoever is on the pod network reads and forges traffic without any identity.',
      witness: { from: { plaintext: true, as: 'attacker' }, to: { workload: 'payments/ledger', port: 8080 } },
      remediation: {
        summary: 'payments: STRICT',
        patches: [
          {
            file: 'payments-prod/policies.yaml',
            kind: 'edit',
            diff: '-    mode: PERMISSIVE\n+    mode: STRICT\n',
            objects: ['PeerAuthentication payments/default'],
          },
        ],
        steps: ['Move legacy/batch into the mesh first: it calls in plaintext'],
      },
    }),
    finding({
      id: 'authn/jwt-not-required',
      title: 'shop/web validates tokens but does not demand one',
      severity: 'HIGH',
      owner: 'shop',
      subjects: [object('RequestAuthentication', 'shop', 'web', 120), ...affected(({ id }) => id === 'shop/web')],
      evidence: [
        { source: at('policies.yaml', 120), shows: 'no AuthorizationPolicy on shop/web names requestPrincipals' },
      ],
      impact: 'Requests without a token are served as if they had one.',
      witness: {
        from: { internet: true },
        to: { gateway: 'istio-ingress/public', port: 8443 },
        http: { method: 'GET', path: '/account', host: 'shop.example.com' },
      },
      remediation: {
        summary: 'shop/web: demand requestPrincipals on protected routes',
        patches: [],
        steps: ['Keep /healthz and /.well-known in a rule of their own'],
      },
    }),
    finding({
      id: 'authz/no-policy',
      title: 'No policy restricts who may call',
      severity: 'MEDIUM',
      subjects: affected(({ ports }) => ports.some(({ authorization }) => authorization.posture === 'none')),
      evidence: [
        {
          source: at('workloads.yaml', 40),
          shows: 'no AuthorizationPolicy selects it, and none is in the root namespace',
        },
      ],
      impact: 'A breached workload reaches these without being asked who it is.',
      remediation: { summary: 'Default deny per namespace, with one ALLOW per caller', patches: [], steps: [] },
    }),
    finding({
      id: 'authz/dry-run-only',
      title: 'payments/refunds-dry-run only shadows',
      severity: 'MEDIUM',
      owner: 'payments',
      subjects: [
        object('AuthorizationPolicy', 'payments', 'refunds-dry-run', 98),
        ...affected(({ id }) => id === 'payments/refunds'),
      ],
      evidence: [
        {
          source: at('policies.yaml', 101),
          path: 'metadata.annotations["istio.io/dry-run"]',
          value: 'true',
          shows: 'the policy is evaluated and logged, never enforced',
        },
      ],
      impact: 'The restriction that the policy describes is not in force.',
      remediation: { summary: 'payments/refunds-dry-run: remove the annotation', patches: [], steps: [] },
    }),
    finding({
      id: 'egress/registry-only-alone',
      title: 'REGISTRY_ONLY is the only egress control',
      severity: 'LOW',
      owner: 'platform',
      status: 'UNKNOWN',
      subjects: [
        { cluster, kind: 'ConfigMap', namespace: 'istio-system', name: 'istio', location: at('ingress.yaml', 60) },
        ...affected(({ namespace }) => namespace === 'legacy'),
      ],
      evidence: [
        {
          source: at('ingress.yaml', 60),
          path: 'data.mesh',
          value: 'outboundTrafficPolicy.mode: REGISTRY_ONLY',
          shows: 'only the proxy stops unknown hosts',
        },
      ],
      impact: 'Whoever bypasses the proxy leaves the cluster unhindered.',
      remediation: { summary: 'Egress NetworkPolicy beside REGISTRY_ONLY', patches: [], steps: [] },
    }),
    finding({
      id: 'mtls/permissive',
      title: 'Ports in legacy accept plaintext',
      severity: 'HIGH',
      subjects: affected(({ namespace }) => namespace === 'legacy'),
      evidence: [{ source: at('workloads.yaml', 520), shows: 'the namespace is not enrolled' }],
      impact: 'Plaintext on the pod network.',
      remediation: { summary: 'Enrol legacy', patches: [], steps: [] },
      exception: { reason: 'migrating', owner: 'team-x', until: '2027-03-01' },
    }),
  ];
}
