import { describe, expect, it } from 'vitest';
import { applyChanges } from '../../../test/apply-changes.ts';
import { factsOfText, failsOf } from '../../../test/judge-fixture.ts';
import { type Manifest, meshText, namespace, policy, selecting, workload } from '../../../test/small-mesh.ts';
import type { Facts } from '../../graph/facts.ts';
import type { Fail, Rule } from '../rule.ts';
import { allowAny } from './allow-any.ts';
import { noPolicy } from './no-policy.ts';

const AMBIENT = { 'istio.io/dataplane-mode': 'ambient' };
const WAYPOINT: Manifest = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { name: 'waypoint', namespace: 'shop', labels: { 'istio.io/waypoint-for': 'service' } },
  spec: { gatewayClassName: 'istio-waypoint', listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE' }] },
};
const allow = (name: string, spec: Manifest): Manifest =>
  policy('AuthorizationPolicy', 'shop', name, { action: 'ALLOW', ...spec });
const principals = (...list: readonly string[]) => ({ from: [{ source: { principals: list } }] });
const WAYPOINT_ONLY = allow('waypoint-only', { rules: [principals('cluster.local/ns/shop/sa/waypoint')] });
const AT_STORE = { targetRefs: [{ group: '', kind: 'Service', name: 'store' }] };

const shop = (more: readonly Manifest[], labels: Readonly<Record<string, string>> = {}): string =>
  meshText([
    namespace('shop', { ...AMBIENT, ...labels }),
    ...workload('shop', 'store', { ports: { http: 8080 } }),
    ...workload('shop', 'web'),
    ...more,
  ]);
const behindWaypoint = (more: readonly Manifest[]): string =>
  shop([WAYPOINT, WAYPOINT_ONLY, ...more], { 'istio.io/use-waypoint': 'waypoint' });

const at = (rule: Rule, text: string): string =>
  [...rule.judge(factsOfText(text, 'mesh.yaml'))]
    .filter(({ subject }) => subject.name === 'store')
    .map(({ kind }) => kind)
    .join();

function explain(rule: Rule, facts: Facts) {
  const fails = [...rule.judge(facts)].filter((outcome): outcome is Fail => outcome.kind === 'fail');
  return rule.explain({ cause: fails[0]?.cause ?? null, causeKey: fails[0]?.causeKey ?? '', fails }, facts);
}

describe('open ports in ambient', () => {
  it('judges what ztunnel makes of a policy', () => {
    expect(at(allowAny, shop([allow('store', { ...selecting('store'), rules: [{}] })]))).toBe('fail');
    expect(at(allowAny, shop([allow('store', { ...selecting('store'), rules: [principals('*')] })]))).toBe('fail');
    // A rule with paths does not exist there: nothing is left of it, and nobody gets in.
    expect(
      at(
        allowAny,
        shop([allow('store', { ...selecting('store'), rules: [{ to: [{ operation: { paths: ['/*'] } }] }] })]),
      ),
    ).toBe('pass');
    // `selector: {}` attaches to nothing.
    expect(at(noPolicy, shop([allow('store', { selector: {}, rules: [principals('x')] })]))).toBe('fail');
    expect(at(noPolicy, shop([]))).toBe('fail');
    expect(at(noPolicy, shop([policy('AuthorizationPolicy', 'shop', 'deny', {})]))).toBe('pass');
  });

  it('does not let ztunnel enforce what it does not read', () => {
    const custom = policy('AuthorizationPolicy', 'shop', 'custom', {
      ...selecting('store'),
      action: 'CUSTOM',
      provider: { name: 'authz' },
      rules: [{}],
    });
    expect(at(allowAny, shop([allow('store', { ...selecting('store'), rules: [{}] }), custom]))).toBe('fail');
  });

  it('finds a rule at a waypoint that lets anyone through', () => {
    const text = behindWaypoint([allow('store', { ...AT_STORE, rules: [{}] })]);
    const facts = factsOfText(text, 'mesh.yaml', { wanted: [{ from: 'shop/web', to: 'shop/store:8080' }] });
    expect(failsOf(allowAny, facts)).toEqual([
      expect.stringMatching(/^shop\/store:8080 — AuthorizationPolicy shop\/store:/),
    ]);
    const { title, scenario, remediation } = explain(allowAny, facts);
    expect(title).toContain('lets any identity of the mesh use 1 port of workload shop/store');
    expect(scenario).toContain('through waypoint shop/waypoint');
    const after = factsOfText(applyChanges(text, remediation.changes), 'after.yaml', {
      wanted: [{ from: 'shop/web', to: 'shop/store:8080' }],
    });
    expect(failsOf(allowAny, after)).toEqual([]);
    expect(remediation.summary).toContain('1 of 1 wanted flows still pass');
  });

  it('takes callers that a waypoint names for wanted', () => {
    const text = behindWaypoint([
      allow('store', { ...AT_STORE, rules: [principals('cluster.local/ns/shop/sa/web'), {}] }),
    ]);
    const facts = factsOfText(text, 'mesh.yaml');
    const { remediation } = explain(allowAny, facts);
    expect(remediation.steps[0]).toContain('shop/web → shop/store: wanted (implied)');
    const after = factsOfText(applyChanges(text, remediation.changes), 'after.yaml');
    expect(after.mesh.resources.find('AuthorizationPolicy', 'shop', 'store')?.spec.rules).toEqual([
      principals('cluster.local/ns/shop/sa/web'),
    ]);
  });

  it('finds a waypoint without any policy in front of pods that admit it', () => {
    const facts = factsOfText(behindWaypoint([]), 'mesh.yaml', {
      wanted: [{ from: 'shop/web', to: 'shop/store:8080' }],
    });
    expect(failsOf(noPolicy, facts)).toEqual([
      expect.stringMatching(/^shop\/store:8080 — KubernetesGateway shop\/waypoint:/),
    ]);
    const { title, remediation } = explain(noPolicy, facts);
    expect(title).toBe(
      'waypoint shop/waypoint has no default deny: no policy says who may call 1 port of workload shop/store',
    );
    const after = factsOfText(applyChanges(behindWaypoint([]), remediation.changes), 'after.yaml', {
      wanted: [{ from: 'shop/web', to: 'shop/store:8080' }],
    });
    expect(failsOf(noPolicy, after)).toEqual([]);
    expect(remediation.summary).toContain('1 of 1 wanted flows still pass');
  });

  it('leaves a waypoint that can be gone past to other rules', () => {
    const text = shop(
      [WAYPOINT, allow('store', { ...AT_STORE, rules: [principals('cluster.local/ns/shop/sa/web')] })],
      { 'istio.io/use-waypoint': 'waypoint' },
    );
    expect(at(noPolicy, text)).toBe('not-applicable');
    expect(at(allowAny, text)).toBe('not-applicable');
  });

  it('keeps a service behind its waypoint reachable when pods get a default deny', () => {
    const text = shop([WAYPOINT, allow('store', { ...selecting('store'), rules: [{}] })], {
      'istio.io/use-waypoint': 'waypoint',
    });
    const wanted = [{ from: 'shop/web', to: 'shop/store:8080' }];
    const { remediation } = explain(allowAny, factsOfText(text, 'mesh.yaml', { wanted }));
    expect(remediation.steps[0]).toContain('shop/waypoint → shop/store: its waypoint');
    expect(remediation.summary).toContain('1 of 1 wanted flows still pass');
  });
});

describe('open ports at a gateway', () => {
  const gateway = (rules: readonly unknown[], more: readonly Manifest[] = []): string =>
    meshText([
      namespace('edge'),
      ...workload('edge', 'ingress', {
        labels: { istio: 'ingressgateway' },
        annotations: { 'inject.istio.io/templates': 'gateway' },
        ports: { http2: 8080, https: 8443 },
      }),
      {
        apiVersion: 'networking.istio.io/v1',
        kind: 'Gateway',
        metadata: { name: 'ingress', namespace: 'edge' },
        spec: {
          selector: { istio: 'ingressgateway' },
          servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
        },
      },
      policy('AuthorizationPolicy', 'edge', 'ingress', { ...selecting('ingress'), rules }),
      ...more,
    ]);

  it('counts an open ALLOW at a gateway as a missing layer, and says that it is meant to be open', () => {
    const facts = factsOfText(gateway([{}]), 'mesh.yaml');
    expect(failsOf(allowAny, facts)).toEqual([
      expect.stringMatching(/^edge\/ingress:8080 — AuthorizationPolicy edge\/ingress:/),
    ]);
    const [fail] = [...allowAny.judge(facts)].filter((outcome): outcome is Fail => outcome.kind === 'fail');
    expect(fail?.factors).toMatchObject({
      defenceInDepth: true,
      compensations: ['the gateway, to which no route of the input is bound,'],
    });
    const { remediation, impact } = explain(allowAny, facts);
    expect(remediation).toMatchObject({
      changes: [],
      summary: expect.stringContaining('meant to admit clients from outside'),
    });
    expect(impact).toContain('Defence in depth');
  });

  it('passes where a token is demanded, and where only some hosts are allowed', () => {
    const demand = policy('AuthorizationPolicy', 'edge', 'token', {
      ...selecting('ingress'),
      action: 'DENY',
      rules: [{ from: [{ source: { notRequestPrincipals: ['*'] } }] }],
    });
    expect(failsOf(allowAny, factsOfText(gateway([{}], [demand]), 'mesh.yaml'))).toEqual([]);
    expect(
      failsOf(allowAny, factsOfText(gateway([{ to: [{ operation: { hosts: ['shop.example.com'] } }] }]), 'mesh.yaml')),
    ).toEqual([]);
  });

  it('does not close a gateway that a wide policy opens', () => {
    const wide = policy('AuthorizationPolicy', 'istio-system', 'open', { rules: [{}] });
    const text = meshText([
      namespace('istio-system', {}),
      wide,
      namespace('shop'),
      ...workload('shop', 'store', { ports: { http: 8080 } }),
    ]);
    const whole = `${text}---\n${gateway([{ to: [{ operation: { hosts: ['x'] } }] }])}`;
    const facts = factsOfText(whole, 'mesh.yaml');
    const fails = [...allowAny.judge(facts)].filter((outcome): outcome is Fail => outcome.kind === 'fail');
    const { remediation } = allowAny.explain({ cause: fails[0]?.cause ?? null, causeKey: '', fails }, facts);
    const after = factsOfText(applyChanges(whole, remediation.changes), 'after.yaml');
    expect(failsOf(allowAny, after)).toEqual([
      expect.stringMatching(/^edge\/ingress:8080 — AuthorizationPolicy edge\/allow-ingress-callers:/),
    ]);
  });
});
