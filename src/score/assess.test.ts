import { expect, test } from 'vitest';
import { meshOf } from '../../test/mesh-of.ts';
import { runRules } from '../findings/run-rules.ts';
import { makeFacts } from '../graph/make-facts.ts';
import { auditResult } from '../result/schema.ts';
import { RULES } from '../rules/index.ts';
import { Enforcement } from '../semantics/enforcement.ts';
import { assess } from './assess.ts';

const workload = (name: string, port: number) => `
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: ${name}, namespace: payments }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: payments }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { serviceAccountName: ${name}, containers: [{ name: app, image: ${name}, ports: [{ containerPort: ${port} }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: payments }
spec: { selector: { app: ${name} }, ports: [{ name: http, port: ${port} }] }
`;

const bare = `
apiVersion: v1
kind: Namespace
metadata: { name: payments, labels: { istio-injection: enabled } }
${workload('api', 8080)}${workload('ledger', 9090)}
`;

const hardening = {
  mtls: `
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: payments }
spec: { mtls: { mode: STRICT } }
`,
  authorization: `
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: default-deny, namespace: payments }
spec: {}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ledger, namespace: payments }
spec:
  selector: { matchLabels: { app: ledger } }
  rules: [{ from: [{ source: { principals: [cluster.local/ns/payments/sa/api] } }] }]
`,
  network: `
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: closed, namespace: payments }
spec: { podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{ from: [{ podSelector: {} }] }], egress: [{ to: [{ podSelector: {} }] }] }
`,
};

// Not `all`: then a revision without its webhook in the input injects nothing.
const COMPLETE = ['mesh-config', 'root-policies', 'network-policies', 'gateways'];

function assessed(yaml: string, complete: readonly string[] = []) {
  const { mesh } = meshOf(yaml, { complete });
  const facts = makeFacts(new Enforcement(mesh), {
    assets: [{ select: { workload: 'ledger' }, sensitivity: 'critical' }],
  });
  const { findings } = runRules(RULES, facts);
  return { ...assess(facts, findings, { rules: RULES }), findings };
}

test('is what the result wants it to be', () => {
  const { findings: _, ...assessment } = assessed(bare);
  const { verdict, verdictWhy, score, maturity, confidence, dimensions } = auditResult.shape;
  expect(() => verdict.parse(assessment.verdict)).not.toThrow();
  expect(() => verdictWhy.parse(assessment.verdictWhy)).not.toThrow();
  expect(() => score.parse(assessment.score)).not.toThrow();
  expect(() => maturity.parse(assessment.maturity)).not.toThrow();
  expect(() => confidence.parse(assessment.confidence)).not.toThrow();
  expect(() => dimensions.parse(assessment.dimensions)).not.toThrow();
});

test('a critical asset that takes plaintext is CRITICAL, a high risk, and caps both figures', () => {
  const { findings, verdict, score } = assessed(bare, COMPLETE);
  expect(findings.filter(({ severity }) => severity === 'CRITICAL').map(({ id }) => id)).toContain('mtls/permissive');
  expect(verdict).toBe('HIGH RISK');
  expect(score.configured.value).toBeLessThanOrEqual(59);
});

test('each hardening raises its dimension and lowers none', () => {
  const ratings = (yaml: string) =>
    new Map(assessed(yaml, COMPLETE).dimensions.map(({ id, configured }) => [id, configured]));
  const before = ratings(bare);
  expect([before.get('mtls'), before.get('authorization'), before.get('segmentation')]).toEqual([0, 0, 0]);
  const mtls = ratings(bare + hardening.mtls);
  expect(mtls.get('mtls')).toBe(4);
  const both = ratings(bare + hardening.mtls + hardening.authorization);
  expect([both.get('mtls'), both.get('authorization')]).toEqual([4, 4]);
  const all = ratings(bare + hardening.mtls + hardening.authorization + hardening.network);
  expect(all.get('segmentation')).toBe(4);
  for (const [earlier, later] of [
    [before, mtls],
    [mtls, both],
    [both, all],
  ] as const) {
    for (const [id, rating] of earlier) expect(later.get(id), id).toBeGreaterThanOrEqual(rating);
  }
});

test('without evidence the hardened mesh is configured for a level and proven for none', () => {
  const { maturity, score, verdict, dimensions } = assessed(
    bare + hardening.mtls + hardening.authorization + hardening.network,
    COMPLETE,
  );
  expect(maturity).toMatchObject({ level: 0, configuredFor: 3 });
  for (const { rating } of dimensions) expect(rating).toBeLessThanOrEqual(2);
  expect(score.value).toBeLessThan(score.configured.value ?? 0);
  expect(verdict).not.toBe('STRONG');
});
