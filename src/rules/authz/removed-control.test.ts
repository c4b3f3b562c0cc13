import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { applyChanges } from '../../../test/apply-changes.ts';
import { countOutcomes, factsOfFixture, factsOfText, failsOf } from '../../../test/judge-fixture.ts';
import { type Manifest, meshText, namespace, policy, selecting, workload } from '../../../test/small-mesh.ts';
import { severityOf } from '../../findings/severity.ts';
import type { Facts } from '../../graph/facts.ts';
import type { Fail } from '../rule.ts';
import { removedControl } from './removed-control.ts';

const url = (name: string) => new URL(`./removed-control/${name}.yaml`, import.meta.url);
const failing = (facts: Facts): readonly Fail[] =>
  [...removedControl.judge(facts)].filter((outcome): outcome is Fail => outcome.kind === 'fail');

const HCM = 'envoy.filters.network.http_connection_manager';
const filterOf = (patches: readonly Manifest[], where = 'shop', spec: Manifest = {}): Manifest => ({
  apiVersion: 'networking.istio.io/v1alpha3',
  kind: 'EnvoyFilter',
  metadata: { name: 'ef', namespace: where },
  spec: { ...spec, configPatches: patches },
});
const http = (name: string, patch: Manifest, match: Manifest = {}): Manifest => ({
  applyTo: 'HTTP_FILTER',
  match: {
    context: 'SIDECAR_INBOUND',
    ...match,
    listener: { filterChain: { filter: { name: HCM, subFilter: { name: `envoy.filters.http.${name}` } } } },
  },
  patch,
});
const REMOVE = { operation: 'REMOVE' };
const WEB = { from: [{ source: { principals: ['cluster.local/ns/shop/sa/web'] } }] };
const ONLY_WEB = policy('AuthorizationPolicy', 'shop', 'api', { ...selecting('api'), rules: [WEB] });
const GETS = policy('AuthorizationPolicy', 'shop', 'api', {
  ...selecting('api'),
  rules: [{ ...WEB, to: [{ operation: { methods: ['GET'] } }] }],
});
const STRICT = policy('PeerAuthentication', 'shop', 'default', { mtls: { mode: 'STRICT' } });
const mesh = (...more: Manifest[]): Facts =>
  factsOfText(
    meshText([namespace('shop'), ...workload('shop', 'api', { ports: { http: 8080 } }), ...more]),
    'mesh.yaml',
  );

describe('authz/removed-control', () => {
  it('fails the vulnerable mesh, at the object at fault', () => {
    const facts = factsOfFixture(url('vulnerable'));
    expect(failsOf(removedControl, facts)).toEqual(['shop/ledger:8080 — EnvoyFilter shop/load-test:59']);
    const [fail] = failing(facts);
    expect(fail).toMatchObject({
      causeKey: 'opens',
      status: 'INFERRED',
      factors: { entry: 'plaintext', stated: true, defenceInDepth: false },
      evidence: [{ path: 'spec.configPatches[0]', shows: 'patch 0: REMOVE envoy.filters.http.rbac takes RBAC away' }],
      witness: { to: { workload: 'shop/ledger', port: 8080 } },
    });
  });

  it('passes the hardened mesh', () => {
    const facts = factsOfFixture(url('hardened'));
    expect(failsOf(removedControl, facts)).toEqual([]);
    expect(countOutcomes(removedControl, facts)).toEqual({ fail: 0, pass: 0, 'not-applicable': 1 });
  });

  it('is HIGH for a sensitive workload, whether or not traffic is stated', () => {
    const text = readFileSync(url('vulnerable'), 'utf8');
    const facts = factsOfText(text, 'vulnerable.yaml', {
      assets: [{ select: { workload: 'ledger' }, sensitivity: 'high' }],
    });
    expect(failing(facts).map(({ factors }) => severityOf(factors).severity)).toEqual(['HIGH']);
  });

  it('proposes the object without the patch, which is the hardened mesh', () => {
    const text = readFileSync(url('vulnerable'), 'utf8');
    const facts = factsOfText(text, 'vulnerable.yaml');
    const fails = failing(facts);
    const [first] = fails;
    if (!first) throw new Error('no fail');
    const told = removedControl.explain({ cause: first.cause, causeKey: first.causeKey, fails }, facts);
    expect(told.title).toBe('EnvoyFilter shop/load-test takes RBAC away at 1 port of workload shop/ledger');
    const after = factsOfText(applyChanges(text, told.remediation.changes), 'after.yaml');
    expect(failsOf(removedControl, after)).toEqual([]);
    expect(after.mesh.resources.of('EnvoyFilter')).toHaveLength(1);
  });

  it.each<[string, readonly Manifest[], object]>([
    [
      'RBAC of a port that mutual TLS guards',
      [STRICT, ONLY_WEB, filterOf([http('rbac', REMOVE)])],
      { entry: 'any-identity' },
    ],
    [
      'RBAC, from the root namespace',
      [ONLY_WEB, filterOf([http('rbac', REMOVE)], 'istio-system')],
      { entry: 'plaintext' },
    ],
    [
      'mutual TLS, perhaps',
      [
        STRICT,
        filterOf([
          {
            applyTo: 'FILTER_CHAIN',
            match: { context: 'SIDECAR_INBOUND' },
            patch: { operation: 'MERGE', value: { transport_socket: { name: 'envoy.transport_sockets.raw_buffer' } } },
          },
        ]),
      ],
      { entry: 'plaintext' },
    ],
  ])('takes away %s', (_what, more, factors) => {
    expect(failing(mesh(...more))).toMatchObject([{ causeKey: 'opens', factors }]);
  });

  it('is not certain where the match is not, and says so', () => {
    const unsure = http('rbac', REMOVE, { proxy: { metadata: { some: 'thing' } } });
    expect(failing(mesh(ONLY_WEB, filterOf([unsure])))).toMatchObject([{ causeKey: 'opens', status: 'UNKNOWN' }]);
  });

  it.each<[string, readonly Manifest[]]>([
    ['there is no policy', [filterOf([http('rbac', REMOVE)])]],
    [
      'the policy is of another workload',
      [filterOf([http('rbac', REMOVE)], 'shop', { workloadSelector: { labels: { app: 'other' } } }), ONLY_WEB],
    ],
    [
      'code stands before rules that read no request',
      [
        ONLY_WEB,
        filterOf([http('jwt_authn', { operation: 'INSERT_BEFORE', value: { name: 'envoy.filters.http.lua' } })]),
      ],
    ],
    [
      'code stands behind them',
      [GETS, filterOf([http('router', { operation: 'INSERT_BEFORE', value: { name: 'envoy.filters.http.lua' } })])],
    ],
  ])('takes nothing away where %s', (_what, more) => {
    expect(failing(mesh(...more))).toEqual([]);
  });

  it.each<[string, Manifest]>([
    [
      'an EnvoyFilter',
      filterOf([http('jwt_authn', { operation: 'INSERT_BEFORE', value: { name: 'envoy.filters.http.lua' } })]),
    ],
    [
      'a WasmPlugin',
      {
        apiVersion: 'extensions.istio.io/v1alpha1',
        kind: 'WasmPlugin',
        metadata: { name: 'wasm', namespace: 'shop' },
        spec: { url: 'oci://registry.example/plugin:1', phase: 'AUTHN' },
      },
    ],
  ])('names code of %s before rules that read requests, as defence in depth', (_what, object) => {
    const facts = mesh(GETS, object);
    const [fail] = failing(facts);
    expect(fail).toMatchObject({
      cause: { kind: object.kind },
      causeKey: 'may-open',
      status: 'UNKNOWN',
      factors: { entry: 'none', defenceInDepth: true },
      assumes: [expect.any(String), expect.stringContaining('leaves alone what policies read of a request')],
    });
    if (!fail) throw new Error('no fail');
    const told = removedControl.explain({ cause: fail.cause, causeKey: fail.causeKey, fails: [fail] }, facts);
    expect(told.remediation.changes).toEqual([]);
    expect(told.title).toContain('may change what is enforced at 1 port of workload shop/api');
  });

  it('is shown at a gateway by a way in that its policies refuse', () => {
    const gateway = [
      namespace('edge'),
      ...workload('edge', 'gw', {
        labels: { istio: 'ingress' },
        annotations: { 'inject.istio.io/templates': 'gateway' },
        ports: { http2: 8080 },
      }).map((each) =>
        each.kind === 'Service' ? { ...each, spec: { ...(each.spec as Manifest), type: 'LoadBalancer' } } : each,
      ),
      {
        apiVersion: 'networking.istio.io/v1',
        kind: 'Gateway',
        metadata: { name: 'gw', namespace: 'edge' },
        spec: {
          selector: { istio: 'ingress' },
          servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['shop.example'] }],
        },
      },
      {
        apiVersion: 'networking.istio.io/v1',
        kind: 'VirtualService',
        metadata: { name: 'shop', namespace: 'edge' },
        spec: {
          hosts: ['shop.example'],
          gateways: ['gw'],
          http: [{ route: [{ destination: { host: 'api.shop.svc.cluster.local', port: { number: 80 } } }] }],
        },
      },
      policy('AuthorizationPolicy', 'edge', 'nobody', {}),
    ];
    const remove = filterOf([http('rbac', REMOVE, { context: 'GATEWAY' })], 'edge');
    expect(failing(mesh(...gateway))).toEqual([]);
    expect(failing(mesh(...gateway, remove))).toMatchObject([
      { subject: { name: 'gw', port: 8080 }, causeKey: 'opens', factors: { entry: 'internet' } },
    ]);
  });
});
