import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { applyChanges, changesIn } from '../../../test/apply-changes.ts';
import { countOutcomes, factsOfFixture, factsOfText, failsOf } from '../../../test/judge-fixture.ts';
import { type Manifest, meshText, namespace, policy, selecting, workload } from '../../../test/small-mesh.ts';
import type { Facts } from '../../graph/facts.ts';
import type { Explanation, Fail } from '../rule.ts';
import { permissive } from './permissive.ts';

const url = (name: string) => new URL(`./permissive/${name}.yaml`, import.meta.url);
const failing = (facts: Facts): readonly Fail[] =>
  [...permissive.judge(facts)].filter((outcome): outcome is Fail => outcome.kind === 'fail');

function explain(facts: Facts): Explanation {
  const fails = failing(facts);
  return permissive.explain({ cause: fails[0]?.cause ?? null, causeKey: fails[0]?.causeKey ?? '', fails }, facts);
}

const mtls = (mode: string): Manifest => ({ mtls: { mode } });
const pa = (place: string, name: string, spec: Manifest): Manifest => policy('PeerAuthentication', place, name, spec);
const shop = (more: readonly Manifest[], labels?: Readonly<Record<string, string>>): string =>
  meshText([namespace('shop', labels), ...workload('shop', 'store', { ports: { http: 8080, tcp: 9000 } }), ...more]);
const failed = (text: string): readonly string[] => failsOf(permissive, factsOfText(text, 'mesh.yaml'));
/** What is left once the patches are applied. */
const left = (text: string): readonly string[] =>
  failed(applyChanges(text, explain(factsOfText(text, 'mesh.yaml')).remediation.changes));

describe('mtls/permissive', () => {
  it('fails where nothing is set, with a request in plaintext that is let in', () => {
    const facts = factsOfFixture(url('vulnerable'));
    expect(failsOf(permissive, facts)).toEqual(['payments/ledger:8080 — nothing sets a mode']);
    const [fail] = failing(facts);
    expect(fail?.factors).toMatchObject({ entry: 'plaintext', compensations: [], defenceInDepth: false });
    expect(fail?.witness).toMatchObject({ from: { plaintext: true }, to: { workload: 'payments/ledger', port: 8080 } });
    expect(fail?.assumes.join('\n')).toContain('no PeerAuthentication stands in the root namespace istio-system');
  });

  it('passes under STRICT', () => {
    expect(countOutcomes(permissive, factsOfFixture(url('hardened')))).toEqual({
      fail: 0,
      pass: 1,
      'not-applicable': 0,
    });
  });

  it('names the object and level that it comes from', () => {
    const mesh = pa('istio-system', 'default', mtls('STRICT'));
    expect(failed(shop([mesh, pa('shop', 'default', mtls('PERMISSIVE'))]))).toEqual([
      expect.stringMatching(/^shop\/store:8080 — PeerAuthentication shop\/default:/),
      expect.stringMatching(/^shop\/store:9000 — PeerAuthentication shop\/default:/),
    ]);
    expect(
      failed(
        shop([mesh, pa('shop', 'store', { ...selecting('store'), portLevelMtls: { 9000: { mode: 'DISABLE' } } })]),
      ),
    ).toEqual([expect.stringMatching(/^shop\/store:9000 — PeerAuthentication shop\/store:/)]);
    // A selector in the root namespace does nothing, for STRICT as for PERMISSIVE.
    expect(failed(shop([pa('istio-system', 'store', { ...selecting('store'), ...mtls('STRICT') })]))).toHaveLength(2);
    // UNSET inherits.
    expect(failed(shop([mesh, pa('shop', 'default', mtls('UNSET'))]))).toEqual([]);
  });

  it('counts what refuses callers without an identity as a control in the way', () => {
    const named = policy('AuthorizationPolicy', 'shop', 'store', {
      rules: [{ from: [{ source: { namespaces: ['shop'] } }] }],
    });
    const [fail] = failing(factsOfText(shop([named]), 'mesh.yaml'));
    expect(fail?.factors).toMatchObject({
      defenceInDepth: true,
      compensations: [expect.stringContaining('authorization')],
    });
    expect(fail?.witness).toBeUndefined();
    expect(explain(factsOfText(shop([named]), 'mesh.yaml')).scenario).toContain(
      'every policy there refuses requests without an identity',
    );
    const isolated = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'own', namespace: 'shop' },
      spec: { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] },
    };
    expect(failing(factsOfText(shop([isolated]), 'mesh.yaml'))[0]?.factors).toMatchObject({
      defenceInDepth: false,
      compensations: [expect.stringContaining('NetworkPolicy')],
    });
  });

  it('has nothing to say where PeerAuthentication does not reach', () => {
    const text = meshText([
      namespace('shop'),
      namespace('old', {}),
      ...workload('old', 'batch', { ports: { http: 8080 } }),
      ...workload('shop', 'cache', {
        ports: { tcp: 6379 },
        annotations: { 'traffic.sidecar.istio.io/excludeInboundPorts': '6379' },
      }),
      ...workload('shop', 'edge', {
        labels: { istio: 'ingressgateway' },
        annotations: { 'inject.istio.io/templates': 'gateway' },
        ports: { http2: 8080 },
      }),
    ]);
    expect(countOutcomes(permissive, factsOfText(text, 'mesh.yaml'))).toEqual({
      fail: 0,
      pass: 0,
      'not-applicable': 3,
    });
  });
});

describe('the fix of mtls/permissive', () => {
  it('sets STRICT in the namespace, and mesh-wide only where the root namespace is seen to say nothing', () => {
    const text = readFileSync(url('vulnerable'), 'utf8');
    expect(explain(factsOfText(text, 'mesh.yaml')).remediation.summary).toBe('set STRICT in namespace payments');
    expect(left(text)).toEqual([]);
    const two = `${shop([])}---\n${text}`;
    expect(explain(factsOfText(two, 'mesh.yaml')).remediation.summary).toBe('set STRICT in namespaces payments, shop');
    expect(left(two)).toEqual([]);
    const seen = `${two}---\n${meshText([namespace('istio-system', {})])}`;
    expect(explain(factsOfText(seen, 'mesh.yaml')).remediation.summary).toBe('set STRICT mesh-wide (istio-system)');
    expect(left(seen)).toEqual([]);
  });

  it('changes a policy that sets nothing, since it would win over a newer one', () => {
    const text = shop([pa('shop', 'default', {})]);
    const { remediation } = explain(factsOfText(text, 'mesh.yaml'));
    expect(changesIn(remediation.changes)).toEqual(['edit PeerAuthentication shop/default']);
    expect(left(text)).toEqual([]);
  });

  it('changes the field at fault: the mode, or the entry of the port', () => {
    const confused = shop([
      pa('shop', 'store', { ...selecting('store'), ...mtls('PERMISSIVE'), portLevelMtls: { 80: { mode: 'STRICT' } } }),
    ]);
    const { title, remediation } = explain(factsOfText(confused, 'mesh.yaml'));
    expect(title).toBe('PeerAuthentication shop/store is PERMISSIVE: 2 ports accept plaintext');
    expect(remediation.summary).toBe('set mtls.mode to STRICT in shop/store');
    expect(remediation.steps.join('\n')).toContain('portLevelMtls 80 is a port of the Service and does nothing');
    expect(left(confused)).toEqual([]);

    const disabled = shop([
      pa('shop', 'store', { ...selecting('store'), ...mtls('STRICT'), portLevelMtls: { 9000: { mode: 'DISABLE' } } }),
    ]);
    const { title: named, remediation: fix } = explain(factsOfText(disabled, 'mesh.yaml'));
    expect(named).toBe('PeerAuthentication shop/store is DISABLE: 1 port accepts plaintext');
    expect(fix.summary).toBe('set portLevelMtls 9000 to STRICT in shop/store');
    expect(fix.steps.join('\n')).toContain('with DISABLE clients of the mesh send plaintext too');
    expect(left(disabled)).toEqual([]);
  });

  it('names callers that would break: wanted ones outside the mesh, and those of a DestinationRule', () => {
    const text = shop([
      namespace('old', {}),
      ...workload('old', 'batch'),
      {
        apiVersion: 'networking.istio.io/v1',
        kind: 'DestinationRule',
        metadata: { name: 'store', namespace: 'shop' },
        spec: { host: 'store', trafficPolicy: { tls: { mode: 'DISABLE' } } },
      },
    ]);
    const { remediation } = explain(
      factsOfText(text, 'mesh.yaml', { wanted: [{ from: 'old/batch', to: 'shop/store:8080' }] }),
    );
    const steps = remediation.steps.join('\n');
    expect(steps).toContain('would break: old/batch → shop/store:8080 (wanted (declared) and outside the mesh');
    expect(steps).toContain(
      'would break: clients of DestinationRule shop/store → shop/store:8080 (tls.mode DISABLE for store',
    );
  });

  it('keeps webhooks callable: an exception with the fix, or the one that stands there', () => {
    const hook = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: 'store' },
      webhooks: [
        { name: 'store.example.com', clientConfig: { service: { name: 'store', namespace: 'shop', port: 81 } } },
      ],
    };
    const text = shop([hook]);
    expect(left(text)).toEqual([
      expect.stringMatching(/^shop\/store:9000 — PeerAuthentication shop\/store-exception:/),
    ]);
    const excepted = applyChanges(text, explain(factsOfText(text, 'mesh.yaml')).remediation.changes);
    const { remediation } = explain(factsOfText(excepted, 'mesh.yaml'));
    expect(remediation).toMatchObject({ changes: [], summary: expect.stringContaining('keep the exception') });
    expect(remediation.steps[0]).toContain('STRICT would break: kube-apiserver → shop/store:9000');
  });

  it('is decided on what ambient makes of it', () => {
    const ambient = { 'istio.io/dataplane-mode': 'ambient' };
    const mesh = pa('istio-system', 'default', mtls('STRICT'));
    // ztunnel enforces nothing here although the documentation promises STRICT on 9000.
    const anomaly = shop(
      [
        mesh,
        pa('shop', 'store', {
          ...selecting('store'),
          ...mtls('PERMISSIVE'),
          portLevelMtls: { 9000: { mode: 'STRICT' } },
        }),
      ],
      ambient,
    );
    expect(failed(anomaly)).toEqual([
      expect.stringContaining('shop/store:8080'),
      expect.stringContaining('shop/store:9000'),
    ]);
    const { remediation } = explain(factsOfText(anomaly, 'mesh.yaml'));
    expect(remediation.steps.join('\n')).toContain(
      "in ambient (2 ports) STRICT refuses plaintext that bypasses the client's ztunnel too",
    );
    expect(left(anomaly)).toEqual([]);
    // DISABLE is PERMISSIVE there, and named as it is written.
    const disabled = shop([pa('shop', 'default', mtls('DISABLE'))], ambient);
    expect(explain(factsOfText(disabled, 'mesh.yaml')).title).toBe(
      'PeerAuthentication shop/default is DISABLE: 2 ports accept plaintext',
    );
    expect(left(disabled)).toEqual([]);
    expect(left(shop([], ambient))).toEqual([]);
  });
});
