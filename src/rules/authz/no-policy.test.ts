import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { applyChanges } from '../../../test/apply-changes.ts';
import { countOutcomes, factsOfFixture, factsOfText, failsOf } from '../../../test/judge-fixture.ts';
import { type Manifest, meshText, namespace, policy, selecting, workload } from '../../../test/small-mesh.ts';
import type { Facts } from '../../graph/facts.ts';
import type { Explanation, Fail } from '../rule.ts';
import { noPolicy } from './no-policy.ts';

const url = (name: string) => new URL(`./no-policy/${name}.yaml`, import.meta.url);
const failing = (facts: Facts): readonly Fail[] =>
  [...noPolicy.judge(facts)].filter((outcome): outcome is Fail => outcome.kind === 'fail');

function explain(facts: Facts): Explanation {
  const fails = failing(facts);
  return noPolicy.explain({ cause: fails[0]?.cause ?? null, causeKey: fails[0]?.causeKey ?? '', fails }, facts);
}

const shop = (more: readonly Manifest[]): string =>
  meshText([namespace('shop'), ...workload('shop', 'store', { ports: { http: 8080 } }), ...more]);
const store = (action: string, rules: readonly unknown[], metadata: Manifest = {}): Manifest =>
  policy('AuthorizationPolicy', 'shop', 'store', { ...selecting('store'), action, rules }, metadata);
const judged = (more: readonly Manifest[]): string =>
  [...noPolicy.judge(factsOfText(shop(more), 'mesh.yaml'))].map(({ kind }) => kind).join();

describe('authz/no-policy', () => {
  it('fails where nothing says who may call, at the namespace that lacks a default deny', () => {
    const facts = factsOfFixture(url('vulnerable'));
    expect(failsOf(noPolicy, facts)).toEqual(['payments/ledger:8080 — Namespace /payments:2']);
    const [fail] = failing(facts);
    expect(fail?.witness).toMatchObject({ from: { plaintext: true }, to: { workload: 'payments/ledger', port: 8080 } });
    expect(fail?.evidence[0]?.shows).toBe(
      'anyone, in plaintext too, may use payments/ledger:8080: no AuthorizationPolicy applies',
    );
    expect(explain(facts).title).toBe(
      'namespace payments has no default deny: no policy says who may call 1 port of workload payments/ledger',
    );
  });

  it('passes behind a default deny', () => {
    expect(countOutcomes(noPolicy, factsOfFixture(url('hardened')))).toEqual({ fail: 0, pass: 1, 'not-applicable': 0 });
  });

  it('takes what does not restrict for no policy', () => {
    const named = { from: [{ source: { principals: ['cluster.local/ns/shop/sa/web'] } }] };
    expect(judged([store('AUDIT', [{}])])).toBe('fail');
    expect(judged([store('ALLOW', [named], { annotations: { 'istio.io/dry-run': 'true' } })])).toBe('fail');
    expect(judged([policy('AuthorizationPolicy', 'shop', 'store', { ...selecting('stare'), rules: [named] })])).toBe(
      'fail',
    );
    // It reaches another port alone.
    expect(judged([store('DENY', [{ to: [{ operation: { ports: ['9999'] } }] }])])).toBe('fail');
  });

  it('leaves what restricts alone, and what an ALLOW opens to authz/allow-any', () => {
    expect(judged([policy('AuthorizationPolicy', 'shop', 'deny', {})])).toBe('pass');
    expect(judged([policy('AuthorizationPolicy', 'istio-system', 'deny', {})])).toBe('pass');
    expect(
      judged([
        store('DENY', [{ from: [{ source: { notPrincipals: ['*'] } }] }]),
        policy('AuthorizationPolicy', 'shop', 'deny', {}),
      ]),
    ).toBe('pass');
    expect(judged([store('ALLOW', [{}])])).toBe('not-applicable');
  });

  it('says so where a DENY refuses a part and nothing speaks of the rest', () => {
    const facts = factsOfText(shop([store('DENY', [{ to: [{ operation: { paths: ['/admin*'] } }] }])]), 'mesh.yaml');
    expect(explain(facts).title).toBe(
      'namespace shop has no default deny: no policy says who may call 1 port of workload shop/store',
    );
    expect(failing(facts)[0]?.evidence[0]?.shows).toContain('only shop/store applies, and refuses a part');
  });

  it('has nothing to say outside the mesh, on ports that no proxy sees, and at gateways', () => {
    const excluded = workload('shop', 'cache', {
      ports: { tcp: 6379 },
      annotations: { 'traffic.sidecar.istio.io/excludeInboundPorts': '6379' },
    });
    const text = meshText([
      namespace('shop'),
      ...excluded,
      namespace('old', {}),
      ...workload('old', 'batch', { ports: { http: 8080 } }),
      ...workload('shop', 'edge', {
        labels: { istio: 'ingressgateway' },
        annotations: { 'inject.istio.io/templates': 'gateway' },
        ports: { http2: 8080 },
      }),
    ]);
    const outcomes = [...noPolicy.judge(factsOfText(text, 'mesh.yaml'))];
    expect(outcomes.map(({ kind }) => kind)).toEqual(['not-applicable', 'not-applicable', 'not-applicable']);
  });

  it('is one finding per namespace, also where the namespace is not in the input', () => {
    const text = meshText([
      namespace('shop'),
      ...workload('shop', 'store', { ports: { http: 8080 } }),
      ...workload('shop', 'cache', { ports: { tcp: 6379 } }),
      ...workload('other', 'job', { ports: { http: 8080 }, labels: { 'sidecar.istio.io/inject': 'true' } }),
    ]);
    const facts = factsOfText(text, 'mesh.yaml');
    expect(failsOf(noPolicy, facts)).toEqual([
      'other/job:8080 — namespace other has no default deny',
      'shop/cache:6379 — Namespace /shop:1',
      'shop/store:8080 — Namespace /shop:1',
    ]);
  });
});

describe('the fix of authz/no-policy', () => {
  it('denies by default and admits whom wanted traffic names', () => {
    const text = readFileSync(url('vulnerable'), 'utf8');
    const wanted = [
      { from: 'payments/checkout', to: 'payments/ledger:8080', methods: ['POST'], paths: ['/v1/charges'] },
    ];
    const { remediation } = explain(factsOfText(text, 'mesh.yaml', { wanted }));
    expect(remediation.summary).toBe(
      'default deny in namespace payments, with ALLOW for the 1 caller that the input names (decided again on the model: 1 of 1 wanted flows still pass)',
    );
    const after = factsOfText(applyChanges(text, remediation.changes), 'after.yaml', { wanted });
    expect(failsOf(noPolicy, after)).toEqual([]);
    const ledger = after.mesh.workloads.find(({ name }) => name === 'ledger');
    const access = ledger && after.ports(ledger)[0]?.access;
    expect(access?.plaintext).toBeNull();
    expect([...(access?.identities.keys() ?? [])]).toEqual(['cluster.local/ns/payments/sa/checkout']);
  });

  it('never puts a default deny without selector into the root namespace', () => {
    const text = meshText([
      namespace('istio-system'),
      ...workload('istio-system', 'kiali', { ports: { http: 20001 } }),
    ]);
    const { remediation } = explain(factsOfText(text, 'mesh.yaml'));
    const after = factsOfText(applyChanges(text, remediation.changes), 'after.yaml');
    expect(after.mesh.resources.of('AuthorizationPolicy').map(({ spec }) => spec.selector?.matchLabels)).toEqual([
      { app: 'kiali' },
    ]);
    expect(failsOf(noPolicy, after)).toEqual([]);
  });
});
