import type { AttackPath, AuditResult } from '../../src/result/types.ts';
import { policy, principal } from './inventory.ts';

export function samplePaths(): AttackPath[] {
  const internet = { kind: 'internet' } as const;
  const web = { kind: 'workload', workload: 'shop/web' } as const;
  const ledger = { kind: 'workload', workload: 'payments/ledger' } as const;
  return [
    {
      id: 'path-1',
      rank: 1,
      severity: 'CRITICAL',
      kind: 'excess',
      from: internet,
      to: ledger,
      asset: 'cardholder data',
      requires: [],
      assumes: ['the CNI enforces NetworkPolicy'],
      breaches: 0,
      depth: 1,
      hops: [
        {
          from: internet,
          to: web,
          port: 8443,
          witness: {
            from: { internet: true },
            to: { gateway: 'istio-ingress/public', port: 8443 },
            http: { method: 'GET', path: '/', host: 'shop.example.com' },
          },
          verdict: 'allow',
          by: null,
          excess: false,
          technique: 'T1190',
          status: 'INFERRED',
        },
        {
          from: web,
          to: ledger,
          port: 8080,
          identity: principal('shop', 'web'),
          witness: {
            from: { workload: 'shop/web', as: 'attacker' },
            to: { workload: 'payments/ledger', port: 8080 },
            http: { method: 'POST', path: '/v1/charges' },
          },
          verdict: 'allow',
          by: policy('payments', 'allow-everything', 41, 0),
          excess: true,
          cause: policy('payments', 'allow-everything', 41, 0),
          technique: 'T1210',
          status: 'INFERRED',
        },
      ],
      controls: ['TLS at the gateway'],
      result: 'ALLOWED',
      confidence: 'medium',
      folded: 2,
    },
    {
      id: 'path-2',
      rank: 2,
      severity: 'INFORMATIONAL',
      kind: 'inherent',
      from: internet,
      to: web,
      requires: ['a valid JWT of issuer https://login.example.com'],
      assumes: [],
      breaches: 0,
      depth: 0,
      hops: [{ from: internet, to: web, port: 8443, verdict: 'allow', by: null, excess: false, status: 'INFERRED' }],
      controls: [],
      result: 'ALLOWED',
      confidence: 'high',
      folded: 0,
    },
  ];
}

export function samplePlan(): AuditResult['plan'] {
  return {
    horizons: [
      {
        name: 'Immediate',
        steps: [
          {
            id: 'deny-by-default-payments',
            number: 1,
            severity: 'CRITICAL',
            basis: '6 declared, 0 seen',
            needs: [],
            unproven: [],
            sideEffects: ['callers that are not named get 403'],
            rollout: {
              canary: 'workload payments/ledger first',
              soak: '24 hours',
              abort: { metric: 'istio_requests_total{response_code="403"}', threshold: 'more than before' },
            },
            byHand: [],
            summary: 'payments: default deny + ALLOW checkout → payments-api',
            closes: { findings: ['authz/allow-any', 'authz/no-policy'], paths: ['path-1'] },
            keeps: { of: 6, have: 6 },
            breaks: [],
            preconditions: ['every caller of payments is enrolled'],
            effort: 2,
            patches: [
              {
                file: 'payments-prod/policies.yaml',
                kind: 'edit',
                diff: '-  - {}\n+  - from: []\n',
                objects: ['AuthorizationPolicy payments/allow-everything'],
              },
            ],
            tests: {
              positive: ['curl http://payments-api.payments/v1/charges'],
              negative: ['curl http://ledger.payments/'],
              cases: '- name: checkout\n',
            },
            rollback: 'git revert',
            after: [],
          },
        ],
      },
      {
        name: '30 days',
        steps: [
          {
            id: 'make-strict-payments',
            number: 2,
            severity: 'MEDIUM',
            basis: '0 declared; callers unknown',
            needs: ['--accept-unknown-callers'],
            unproven: ['legacy/batch calls in plaintext'],
            sideEffects: [],
            rollout: {
              canary: 'workload payments/ledger first',
              soak: '24 hours',
              abort: { metric: 'istio_requests_total', threshold: 'half of before' },
            },
            byHand: [
              {
                object: 'PeerAuthentication payments/default',
                file: 'x.yaml',
                message: 'made by Helm',
                help: 'change the chart',
              },
            ],
            summary: 'payments: STRICT',
            closes: { findings: ['mtls/permissive'], paths: [] },
            keeps: { of: 6, have: 5 },
            breaks: [{ from: 'legacy/batch', to: 'payments/ledger:8080', operation: 'plaintext', basis: 'implied' }],
            preconditions: [],
            effort: 3,
            patches: [],
            tests: { positive: [], negative: [], cases: '' },
            rollback: 'back to PERMISSIVE',
            after: ['deny-by-default-payments'],
          },
        ],
      },
    ],
    unclosed: [{ path: 'path-2', severity: 'HIGH', what: 'internet → shop/web', why: 'the business needs it' }],
  };
}
