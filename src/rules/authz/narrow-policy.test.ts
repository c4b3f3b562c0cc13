import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { applyChanges } from '../../../test/apply-changes.ts';
import { countOutcomes, factsOfText, failsOf } from '../../../test/judge-fixture.ts';
import { type Manifest, meshText, namespace, policy, selecting, workload } from '../../../test/small-mesh.ts';
import type { Facts } from '../../graph/facts.ts';
import type { Explanation, Fail } from '../rule.ts';
import { allowAny } from './allow-any.ts';

const url = (name: string) => new URL(`./allow-any/${name}.yaml`, import.meta.url);
const failing = (facts: Facts): readonly Fail[] =>
  [...allowAny.judge(facts)].filter((outcome): outcome is Fail => outcome.kind === 'fail');

function explain(facts: Facts, name: string): Explanation {
  const fails = failing(facts).filter(({ cause }) => cause?.name === name);
  return allowAny.explain({ cause: fails[0]?.cause ?? null, causeKey: '', fails }, facts);
}

/** One workload with one port, and an ALLOW policy that lets everybody in; then whatever else stands there. */
const openMesh = (more: readonly Manifest[]): string =>
  meshText([
    namespace('shop'),
    ...workload('shop', 'store', { ports: { http: 8080 } }),
    policy('AuthorizationPolicy', 'shop', 'store', { ...selecting('store'), action: 'ALLOW', rules: [{}] }),
    ...more,
  ]);

describe('the fix of authz/allow-any', () => {
  it('takes the open rule out, adds the default deny, and keeps what is wanted', () => {
    const text = readFileSync(url('vulnerable'), 'utf8');
    const { title, scenario, remediation, validation } = explain(factsOfText(text, 'mesh.yaml'), 'ledger');
    expect(title).toBe('AuthorizationPolicy payments/ledger lets anyone use 1 port of workload payments/ledger');
    expect(scenario).toMatch(
      /^Any pod in the cluster, without a certificate, sends a request to payments\/ledger:8080; rule 2 /,
    );
    expect(remediation.summary).toContain('1 of 1 wanted flows still pass');
    expect(remediation.steps[0]).toContain('payments/checkout → payments/ledger: wanted (implied)');
    expect(validation.negative[0]).toContain('gives 403');
    const after = factsOfText(applyChanges(text, remediation.changes), 'after.yaml');
    expect(countOutcomes(allowAny, after)).toEqual({ fail: 0, pass: 1, 'not-applicable': 0 });
    const ledger = after.mesh.workloads.find(({ name }) => name === 'ledger');
    expect(ledger && [...(after.ports(ledger)[0]?.access.identities.keys() ?? [])]).toEqual([
      'cluster.local/ns/payments/sa/checkout',
    ]);
    expect(after.mesh.resources.find('AuthorizationPolicy', 'payments', 'default-deny')?.spec).toEqual({});
  });

  it('names callers by wanted traffic and by selectors of NetworkPolicies', () => {
    const admits = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'store', namespace: 'shop' },
      spec: {
        podSelector: { matchLabels: { app: 'store' } },
        ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }], ports: [{ port: 8080 }] }],
      },
    };
    const text = openMesh([...workload('shop', 'web'), ...workload('shop', 'batch'), admits]);
    const facts = factsOfText(text, 'mesh.yaml', {
      wanted: [{ from: 'shop/batch', to: 'shop/store:8080', methods: ['GET'], paths: ['/v1/*'] }],
    });
    const { remediation } = explain(facts, 'store');
    expect(remediation.steps[0]).toContain('shop/web → shop/store: NetworkPolicy shop/store selects it');
    const after = factsOfText(applyChanges(text, remediation.changes), 'after.yaml');
    const policies = after.mesh.resources.of('AuthorizationPolicy').find(({ name }) => name === 'store');
    expect(policies?.spec.rules).toEqual([
      {
        from: [{ source: { principals: ['cluster.local/ns/shop/sa/batch'] } }],
        to: [{ operation: { ports: ['8080'], methods: ['GET'], paths: ['/v1/*'] } }],
      },
      {
        from: [{ source: { principals: ['cluster.local/ns/shop/sa/web'] } }],
        to: [{ operation: { ports: ['8080'] } }],
      },
    ]);
    expect(failsOf(allowAny, after)).toEqual([]);
  });

  it('gives each workload of a wide policy its own, and says whom nobody named', () => {
    const text = meshText([
      namespace('shop'),
      ...workload('shop', 'web'),
      ...workload('shop', 'store', { ports: { http: 8080 } }),
      ...workload('shop', 'cache', { ports: { tcp: 6379 } }),
      policy('AuthorizationPolicy', 'shop', 'open', { rules: [{}] }),
    ]);
    const wanted = [{ from: 'shop/web', to: 'shop/store' }];
    const facts = factsOfText(text, 'mesh.yaml', { wanted });
    const { title, remediation } = explain(facts, 'open');
    expect(title).toBe('AuthorizationPolicy shop/open lets anyone use 2 ports of 2 workloads in namespace shop');
    expect(remediation.steps.join('\n')).toContain(
      'the input names no caller of shop/cache: as it is, the change refuses everybody there',
    );
    const after = factsOfText(applyChanges(text, remediation.changes), 'after.yaml', { wanted });
    expect(
      after.mesh.resources
        .of('AuthorizationPolicy')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['allow-store-callers', 'open']);
    expect(failsOf(allowAny, after)).toEqual([]);
    expect(after.wanted.flows).toHaveLength(1);
  });

  it('says which wanted flow would break, and leaves a webhook open to the API server', () => {
    const hook = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'store' },
      webhooks: [
        { name: 'store.example.com', clientConfig: { service: { name: 'store', namespace: 'shop', port: 81 } } },
      ],
    };
    const text = meshText([
      namespace('shop'),
      namespace('old', {}),
      ...workload('old', 'batch'),
      ...workload('shop', 'store', { ports: { http: 8080, https: 8443 } }),
      policy('AuthorizationPolicy', 'shop', 'store', { ...selecting('store'), rules: [{}] }),
      hook,
    ]);
    const wanted = [{ from: 'old/batch', to: 'shop/store:8080' }];
    const { remediation } = explain(factsOfText(text, 'mesh.yaml', { wanted }), 'store');
    const steps = remediation.steps.join('\n');
    expect(steps).toContain('would break: old/batch → shop/store:8080 (declared)');
    expect(steps).toContain('shop/store:8443 stays open: kube-apiserver has no identity of the mesh');
    const after = factsOfText(applyChanges(text, remediation.changes), 'after.yaml');
    expect(failsOf(allowAny, after)).toEqual([expect.stringContaining('shop/store:8443')]);
  });
});
