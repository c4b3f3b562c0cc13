import { describe, expect, it } from 'vitest';
import {
  type Manifest,
  meshConfig,
  meshText,
  namespace,
  policy,
  selecting,
  workload,
} from '../../../test/small-mesh.ts';
import { networking } from '../../../test/decide-in.ts';
import { textsIn } from '../../../test/texts-in.ts';
import { meshOf } from '../../../test/mesh-of.ts';
import { withPolicies } from '../../graph/apply.ts';
import { explanation as schema, type Explanation } from '../../result/explanation.ts';
import { Enforcement } from '../../semantics/enforcement.ts';
import { answerRequest } from '../answer-request.ts';
import type { Ask } from './ask.ts';
import { explain } from './explain.ts';
import { readAsk } from './read-ask.ts';

const principal = (account: string): string => `cluster.local/ns/shop/sa/${account}`;

const shop: readonly Manifest[] = [
  namespace('shop'),
  ...workload('shop', 'web', { ports: { http: 8080 } }),
  ...workload('shop', 'batch', { ports: { http: 8080 } }),
  ...workload('shop', 'orders', { ports: { http: 8080, 'tcp-db': 5432 } }),
];

const allowWeb = policy('AuthorizationPolicy', 'shop', 'orders', {
  ...selecting('orders'),
  rules: [
    {
      from: [{ source: { principals: [principal('web')] } }],
      to: [{ operation: { methods: ['GET'], paths: ['/orders', '/orders/*'] } }],
    },
  ],
});

function ask(manifests: readonly Manifest[], question: Ask): { found: Explanation; enforcement: Enforcement } {
  const text = meshText(manifests);
  const enforcement = new Enforcement(meshOf(text).mesh);
  const request = readAsk(enforcement, question);
  if ('error' in request) throw new Error(`${request.error}; ${request.help}`);
  const found = explain(enforcement, request, textsIn({ 'mesh.yaml': text }));
  if ('error' in found) throw new Error(found.error);
  expect(() => schema.parse(JSON.parse(JSON.stringify(found)))).not.toThrow();
  return { found, enforcement };
}

const explained = (manifests: readonly Manifest[], question: Ask): Explanation => ask(manifests, question).found;

/** `outcome point stage: text`. */
const steps = ({ trace }: Explanation): readonly string[] =>
  trace.map(({ outcome, point, stage, text }) => `${outcome} ${point} ${stage}: ${text}`);

const added = (found: Explanation): string =>
  (found.change?.steps ?? [])
    .flatMap(({ patch }) => patch.diff.split('\n').filter((line) => /^[+-] /.test(line)))
    .join('\n');

describe('a request that no ALLOW rule matches', () => {
  const question: Ask = { from: 'shop/batch', to: 'shop/orders:8080', method: 'POST', path: '/orders?x=1' };

  it('names every clause that missed, with what the request has, where it stands', () => {
    const found = explained([...shop, allowWeb], question);
    expect([found.verdict, found.by?.name, found.symptom]).toEqual([
      'deny',
      'orders',
      'HTTP 403 `RBAC: access denied`',
    ]);
    expect(steps(found)).toEqual([
      'pass sidecar transport: PERMISSIVE, the default, takes mutual TLS on port 8080 (HTTP chain)',
      `note sidecar allow: shop/orders rules[0] misses at principals: ${principal('web')}; this request has ${principal('batch')}`,
      'note sidecar allow: shop/orders rules[0] misses at methods: GET; this request has POST',
      'stop sidecar allow: no rule of shop/orders matches',
    ]);
    const text = meshText([...shop, allowWeb]).split('\n');
    const lines = found.trace.flatMap(({ by }) =>
      by?.clause && 'line' in by.location ? [text[by.location.line - 1]] : [],
    );
    expect(lines.map((line) => line?.trim())).toEqual([`- ${principal('web')}`, '- GET']);
  });

  it('finds the nearest request that passes: as few changes as it takes, decided', () => {
    const { found, enforcement } = ask([...shop, allowWeb], question);
    expect(found.nearest?.changes).toEqual(['from shop/web instead of shop/batch', 'method `GET` instead of `POST`']);
    const again = found.nearest && answerRequest(enforcement, found.nearest.request);
    expect(again && 'decisive' in again && again.decisive.verdict.outcome).toBe('allow');
    expect(found.nearest?.decided).toMatchObject({ verdict: 'allow', by: { name: 'orders', rule: 0 } });
  });

  it('proposes a rule for just this, and names what a wider change would open', () => {
    const found = explained([...shop, allowWeb], question);
    const [step] = found.change?.steps ?? [];
    expect(step?.summary).toBe(`add a rule to shop/orders for ${principal('batch')}: POST /orders on port 8080`);
    expect(step?.also).toMatchObject({
      basis: 'proven',
      looked: 2,
      turned: 0,
      limits: 'this caller and operation (any host, header and query) only',
    });
    expect(found.change?.after).toMatchObject({ verdict: 'allow', by: { name: 'orders', rule: 1 } });
    const [wider] = found.change?.alternatives ?? [];
    expect(wider?.summary).toBe(
      `add \`${principal('batch')}\` to principals, \`POST\` to methods of shop/orders rules[0]`,
    );
    expect(wider?.also.basis).toBe('proven');
    expect(wider?.also.examples.map(({ from, http }) => `${from.principal} ${http?.method} ${http?.path}`)).toEqual([
      // The same caller, the same operation, and what the two lists come to together.
      `${principal('batch')} GET /orders`,
      `${principal('web')} POST /orders`,
      `${principal('web')} POST /orders/`,
    ]);
    expect(wider?.also.limits).toBeUndefined();
  });

  it('says so where the identity is shared, and only then claims less than one caller', () => {
    const twin = workload('shop', 'night-batch', { serviceAccount: 'batch' });
    const found = explained([...shop, ...twin, allowWeb], question);
    expect(found.change?.steps[0]?.also.limits).toMatch(/^this identity \(2 workloads have it\)/);
  });

  it('adds one value where that opens nothing else', () => {
    const narrow = policy('AuthorizationPolicy', 'shop', 'orders', {
      ...selecting('orders'),
      rules: [
        {
          from: [{ source: { principals: [principal('web')] } }],
          to: [{ operation: { methods: ['GET'], paths: ['/orders'], ports: ['8080'] } }],
        },
      ],
    });
    const found = explained([...shop, narrow], { from: 'shop/batch', to: 'shop/orders:8080', path: '/orders' });
    expect(found.change?.alternatives.map(({ summary, also }) => [summary, also.turned])).toEqual([
      [`add \`${principal('batch')}\` to principals of shop/orders rules[0]`, 0],
    ]);
  });

  it('writes a policy of its own where the one that refuses is about more than this workload', () => {
    const denyAll = policy('AuthorizationPolicy', 'shop', 'deny-all', {});
    const found = explained([...shop, denyAll], question);
    expect(steps(found)).toContain('note sidecar allow: shop/deny-all has no rules, so nothing matches it');
    expect(found.nearest).toBeNull();
    expect(added(found)).toContain('+    matchLabels:\n+      app: orders');
    expect(found.change).toMatchObject({
      to: 'allow',
      after: { verdict: 'allow', by: { name: 'allow-batch-to-orders' } },
    });
    expect(found.change?.steps[0]?.also).toMatchObject({ turned: 0, limits: expect.stringContaining('only') });
  });

  it('never claims to write a path that would be read as a pattern', () => {
    const found = explained([...shop, allowWeb], { ...question, path: '/orders/*' });
    expect(added(found)).not.toContain('+              - /orders/*');
    expect(found.change?.steps.every(({ also }) => also.limits === undefined)).toBe(true);
  });
});

describe('a request that DENY matches', () => {
  const noDeletes = policy('AuthorizationPolicy', 'shop', 'no-deletes', {
    action: 'DENY',
    rules: [{ to: [{ operation: { methods: ['DELETE'] } }] }],
  });

  it('says what a TCP chain leaves out of the rule, and what leaving the port out would open', () => {
    const found = explained([...shop, noDeletes], { from: 'shop/web', to: 'shop/orders:5432' });
    expect([found.verdict, found.symptom]).toEqual(['deny', 'the connection is closed']);
    expect(steps(found)).toContain(
      'note sidecar deny: `methods` of shop/no-deletes rules[0] is left out on a TCP chain: the rule matches more than it says',
    );
    const [step] = found.change?.steps ?? [];
    expect(step?.summary).toBe(`except ${principal('web')} on port 5432 from DENY shop/no-deletes rules[0]`);
    expect(step?.also).toMatchObject({ basis: 'proven', looked: 4, turned: 0 });
    const wider = found.change?.alternatives.map(({ summary, also }) => [summary, also.turned > 0]);
    expect(wider).toContainEqual(['leave TCP port 5432 out of DENY shop/no-deletes rules[0]', true]);
  });

  it('carves out exactly this caller and operation', () => {
    const { found, enforcement } = ask([...shop, noDeletes], {
      from: 'shop/web',
      to: 'shop/orders:8080',
      method: 'DELETE',
      path: '/orders/1',
    });
    expect(found.nearest?.changes).toEqual(['method `GET` instead of `DELETE`']);
    const [step] = found.change?.steps ?? [];
    // The policy is about the whole namespace, and so is the exception.
    expect(step?.also.limits).toMatch(/^this caller and operation only, at all 3 workloads/);
    expect(step?.also.examples.map(({ to, from, http }) => [to.workload, from.principal, http?.path])).toEqual([
      ['shop/batch', principal('web'), '/orders/1'],
      ['shop/web', principal('web'), '/orders/1'],
    ]);
    expect(found.change?.after?.verdict).toBe('allow');
    // The carve-out by hand: neither another path nor another caller gets through.
    const [denied] = enforcement.mesh.resources.of('AuthorizationPolicy');
    const rules = [
      {
        from: [{ source: { notPrincipals: [principal('web')] } }],
        to: [{ operation: { methods: ['DELETE'] } }],
      },
      { to: [{ operation: { methods: ['DELETE'], notPaths: ['/orders/1'] } }] },
    ];
    if (!denied) throw new Error('there is a policy');
    const after = withPolicies(enforcement, { add: [{ ...denied, spec: { ...denied.spec, rules } }] });
    const outcome = (from: string, path: string): unknown => {
      const answer = answerRequest(after, {
        from: { workload: from },
        to: { workload: 'shop/orders', port: 8080 },
        http: { method: 'DELETE', path },
      });
      return 'error' in answer ? answer.error : answer.decisive.verdict.outcome;
    };
    expect([outcome('shop/web', '/orders/1'), outcome('shop/web', '/'), outcome('shop/batch', '/orders/1')]).toEqual([
      'allow',
      'deny',
      'deny',
    ]);
    expect(added(found)).toContain('notPaths');
  });
});

describe('tokens', () => {
  const users = policy('RequestAuthentication', 'shop', 'users', {
    ...selecting('orders'),
    jwtRules: [{ issuer: 'https://login.example', audiences: ['orders'] }],
  });
  const asks = policy('AuthorizationPolicy', 'shop', 'orders', {
    ...selecting('orders'),
    rules: [{ from: [{ source: { requestPrincipals: ['https://login.example/*'] } }] }],
  });
  const question: Ask = { from: 'shop/web', to: 'shop/orders:8080' };

  it('a missing token is to be sent, and no policy is given up for it', () => {
    const found = explained([...shop, users, asks], question);
    expect(found.nearest?.request.jwt?.payload).toMatchObject({ iss: 'https://login.example', aud: 'orders' });
    expect(found.change).toMatchObject({
      advice: 'the caller has to send a valid token: that is all that shop/orders rules[0] misses',
      steps: [],
      after: { verdict: 'allow' },
    });
  });

  it('`--claim any` is a token that the destination accepts', () => {
    const found = explained([...shop, users, asks], { ...question, claim: ['any'] });
    expect(found.verdict).toBe('allow');
    expect(found.request.jwt?.payload).toEqual({ iss: 'https://login.example', sub: 'someone', aud: 'orders' });
  });

  it('a token for another audience is refused before any policy, with what would be accepted', () => {
    const found = explained([...shop, users, asks], { ...question, claim: ['iss=https://login.example', 'aud=web'] });
    expect([found.verdict, found.by?.kind]).toEqual(['deny', 'RequestAuthentication']);
    // Recorded from a real mesh: an audience alone is answered with 403.
    expect(found.symptom).toBe('HTTP 403 `Audiences in Jwt are not allowed`');
    expect(found.change?.advice).toContain('for audience orders');
    expect(found.nearest?.request.jwt?.payload).toMatchObject({ aud: 'orders' });
  });

  it('never repeats a credential', () => {
    const found = explained([...shop, users, asks], {
      ...question,
      header: ['Authorization=Bearer abc.def.ghi', 'x-team=a'],
    });
    expect(JSON.stringify(found)).not.toContain('abc.def');
    expect(found.request.http?.headers).toContainEqual(['x-team', 'a']);
  });
});

describe('transport and network', () => {
  const strict = policy('PeerAuthentication', 'shop', 'default', { mtls: { mode: 'STRICT' } });

  it('plaintext under STRICT: the caller needs an identity; the stop-gap is priced', () => {
    const found = explained([...shop, strict], { from: 'pod-outside-mesh', to: 'shop/orders:8080' });
    expect(found.request.from).toEqual({ position: 'pod-outside-mesh' });
    expect([found.verdict, found.by?.name]).toEqual(['deny', 'default']);
    expect(found.change?.advice).toBe('only callers with a mesh identity get in: a sidecar or ambient gives one');
    expect(added(found)).toContain("+    '8080':\n+      mode: PERMISSIVE");
    expect(found.change?.steps[0]?.also.turned).toBeGreaterThan(0);
    expect(found.nearest?.changes[0]).toMatch(/^from shop\//);
  });

  it('the same workload over its own proxy is nearer than another one', () => {
    const found = explained([...shop, strict], { from: 'shop/web', to: 'shop/orders:8080', plaintext: true });
    expect(found.nearest?.changes).toEqual(['over mutual TLS']);
  });

  it("names what the client's own proxy was told", () => {
    const question: Ask = { from: 'shop/web', to: 'service:shop/orders:80', method: 'GET', path: '/' };
    const disabled = networking('DestinationRule', 'shop', 'orders', {
      host: 'orders',
      trafficPolicy: { tls: { mode: 'DISABLE' } },
    });
    const refused = explained([...shop, strict, disabled], question);
    expect(refused.verdict).toBe('deny');
    expect(refused.change?.advice).toBe(
      "the client's own proxy has to send it otherwise: DestinationRule shop/orders says how",
    );
    const unknown = networking('Sidecar', 'shop', 'default', {
      egress: [{ hosts: ['elsewhere/*'] }],
      outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
    });
    const stopped = explained([...shop, unknown], question);
    expect([stopped.verdict, stopped.by?.kind]).toEqual(['deny', 'Sidecar']);
    expect(stopped.change?.advice).toContain('has to know the destination');
  });

  it('a NetworkPolicy that isolates both ends takes two more, each for just these pods', () => {
    const isolate = (name: string, types: readonly string[]): Manifest => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name, namespace: 'shop' },
      spec: { podSelector: {}, policyTypes: types },
    });
    const found = explained([...shop, isolate('none', ['Ingress', 'Egress'])], {
      from: 'shop/web',
      to: 'shop/orders:8080',
    });
    expect([found.verdict, found.point, found.symptom]).toEqual([
      'deny',
      'network-policy',
      'no answer until the connection times out',
    ]);
    expect(found.change?.steps.map(({ summary, also }) => [summary, also.turned])).toEqual([
      ['a NetworkPolicy that lets shop/web out to shop/orders', 0],
      ['a NetworkPolicy that lets shop/web in to shop/orders', 0],
    ]);
    expect(found.change?.after?.verdict).toBe('allow');
  });

  it('the API server is no pod of the node, and the node is', () => {
    const ambient = [
      namespace('shop', { 'istio.io/dataplane-mode': 'ambient' }),
      ...workload('shop', 'orders', { ports: { http: 8080 } }),
      strict,
    ];
    expect(explained(ambient, { from: 'node', to: 'shop/orders:8080' }).verdict).toBe('allow');
    expect(explained(ambient, { from: 'apiserver', to: 'shop/orders:8080' }).verdict).toBe('deny');
  });
});

describe('ztunnel', () => {
  const ambient = [
    namespace('shop', { 'istio.io/dataplane-mode': 'ambient' }),
    ...workload('shop', 'web', { ports: { http: 8080 } }),
    ...workload('shop', 'batch', { ports: { http: 8080 } }),
    ...workload('shop', 'orders', { ports: { http: 8080 } }),
  ];

  it('opens the port for one caller more, and does not claim to open less than the port', () => {
    const only = policy('AuthorizationPolicy', 'shop', 'orders', {
      ...selecting('orders'),
      rules: [{ from: [{ source: { principals: [principal('web')] } }] }],
    });
    const found = explained([...ambient, only], { from: 'shop/batch', to: 'shop/orders:8080' });
    expect([found.verdict, found.point]).toEqual(['deny', 'ztunnel']);
    expect(found.nearest?.changes).toEqual(['from shop/web instead of shop/batch']);
    expect(found.change?.after?.verdict).toBe('allow');
    expect(found.change?.steps[0]?.also.limits).toMatch(/^this caller and port only/);
  });
});

describe('waypoint', () => {
  const waypoint: readonly Manifest[] = [
    namespace('shop', { 'istio.io/dataplane-mode': 'ambient', 'istio.io/use-waypoint': 'waypoint' }),
    ...workload('shop', 'web', { ports: { http: 8080 } }),
    ...workload('shop', 'batch', { ports: { http: 8080 } }),
    ...workload('shop', 'orders', { ports: { http: 8080 } }),
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name: 'waypoint', namespace: 'shop', labels: { 'istio.io/waypoint-for': 'service' } },
      spec: {
        gatewayClassName: 'istio-waypoint',
        listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE' }],
      },
    },
    policy('AuthorizationPolicy', 'shop', 'orders', {
      targetRefs: [{ kind: 'Service', group: '', name: 'orders' }],
      rules: [
        {
          from: [{ source: { principals: [principal('web')] } }],
          to: [{ operation: { methods: ['GET'], ports: ['80'] } }],
        },
      ],
    }),
  ];

  it('decides by the service and its port, and so does the change', () => {
    const question: Ask = { from: 'shop/batch', to: 'service:shop/orders:80', path: '/o' };
    const found = explained(waypoint, { ...question, method: 'POST' });
    expect([found.verdict, found.point]).toEqual(['deny', 'waypoint']);
    const [step] = found.change?.steps ?? [];
    expect(step?.summary).toBe(`add a rule to shop/orders for ${principal('batch')}: POST /o on port 80`);
    expect(step?.also).toMatchObject({ basis: 'proven', looked: 1, turned: 0 });
    expect(found.change?.after).toMatchObject({ verdict: 'allow', by: { name: 'orders', rule: 1 } });
    // Who does not go through the waypoint is not asked anything there.
    expect(found.nearest?.changes).toEqual(['from a pod outside the mesh']);
    const strict = policy('PeerAuthentication', 'shop', 'default', { mtls: { mode: 'STRICT' } });
    const closed = explained([...waypoint, strict], { ...question, method: 'POST' });
    expect(closed.nearest?.changes).toEqual(['from shop/web instead of shop/batch', 'method `GET` instead of `POST`']);
  });
});

describe('a request that passes', () => {
  it('on a port that detects its protocol, a DENY closes TCP too: then it does not claim to be narrow', () => {
    const auto = [...shop, ...workload('shop', 'cache', { ports: { cache: 7000 } })];
    const found = explained(auto, { from: 'shop/web', to: 'shop/cache:7000' });
    const [step] = found.change?.steps ?? [];
    expect(step?.also).toMatchObject({ basis: 'proven', turned: 1 });
    expect(step?.also.limits).toBeUndefined();
    expect(step?.also.examples[0]).not.toHaveProperty('http');
    expect(found.assumes[0]).toContain('the connection speaks HTTP: port 7000 detects its protocol');
  });

  it('is refused by the smallest DENY, and names what else that would close', () => {
    const found = explained([...shop, allowWeb], { from: 'shop/web', to: 'shop/orders:8080', path: '/orders' });
    expect([found.verdict, found.by?.rule]).toEqual(['allow', 0]);
    expect(found.nearest?.changes).toEqual(['method `POST` instead of `GET`']);
    expect(found.change).toMatchObject({ to: 'deny', after: { verdict: 'deny', by: { name: 'deny-web-to-orders' } } });
    expect(found.change?.steps[0]?.also).toMatchObject({ turned: 0, limits: expect.stringMatching(/^this caller/) });
  });

  it('an attacker goes without its identity, so that the DENY has to reach that too', () => {
    const found = explained(shop, { from: 'shop/web', to: 'shop/orders:8080', as: 'attacker' });
    expect(found.change?.steps[0]?.summary).toContain('callers without an identity');
    expect(found.change?.after?.verdict).toBe('deny');
    expect(found.change?.steps[0]?.also.turned).toBeGreaterThan(0);
  });

  it('where no proxy stands, no policy can refuse it', () => {
    const bare = [namespace('legacy', {}), ...workload('legacy', 'old', { ports: { http: 80 } }), ...shop];
    const found = explained(bare, { from: 'shop/web', to: 'legacy/old:80' });
    expect(found.change).toMatchObject({ to: 'deny', steps: [], after: null });
    expect(found.change?.advice).toContain('put legacy/old into the mesh');
  });

  it('tells of dry runs that decide nothing', () => {
    const shadow = policy(
      'AuthorizationPolicy',
      'shop',
      'later',
      { action: 'DENY', rules: [{}] },
      {
        annotations: { 'istio.io/dry-run': 'true' },
      },
    );
    const found = explained([...shop, shadow], { from: 'shop/web', to: 'shop/orders:8080' });
    expect(steps(found)).toContain('note sidecar audit: DENY shop/later is a dry run and decides nothing');
  });
});

describe('several endpoints of a service', () => {
  it('says which answers what, and the verdict is that of the most open one', () => {
    const service: Manifest = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'all', namespace: 'shop' },
      spec: { selector: { tier: 'back' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
    };
    const two = [
      namespace('shop'),
      ...workload('shop', 'web', { ports: { http: 8080 } }),
      ...workload('shop', 'a', { labels: { tier: 'back' }, bare: [8080] }),
      ...workload('shop', 'b', { labels: { tier: 'back' }, bare: [8080] }),
      service,
      policy('AuthorizationPolicy', 'shop', 'closed', selecting('a')),
    ];
    const found = explained(two, { from: 'shop/web', to: 'service:shop/all:80' });
    expect(found.verdict).toBe('allow');
    expect(found.endpoints?.map(({ workload: id, port, decided }) => [id, port, decided.verdict])).toEqual([
      ['shop/a', 8080, 'deny'],
      ['shop/b', 8080, 'allow'],
    ]);
  });
});

describe('a service of several clusters', () => {
  it('is named without one, and every endpoint cluster answers', () => {
    const shop = [namespace('shop'), ...workload('shop', 'web', { ports: { http: 8080 } })];
    const closed = policy('AuthorizationPolicy', 'shop', 'closed', selecting('web'));
    const { mesh } = meshOf({ east: meshText([...shop, closed]), west: meshText(shop) });
    const enforcement = new Enforcement(mesh);
    const read = readAsk(enforcement, { from: 'principal:cluster.local/ns/a/sa/b', to: 'service:shop/web:80' });
    if ('error' in read) throw new Error(read.error);
    const answered = answerRequest(enforcement, read);
    if ('error' in answered) throw new Error(answered.error);
    expect(answered.endpoints.map(({ query, verdict }) => [query?.destination.workload.id, verdict.outcome])).toEqual([
      ['east:shop/web', 'deny'],
      ['west:shop/web', 'allow'],
    ]);
    expect(answered.decisive.verdict.outcome).toBe('allow');
  });
});

it('the mesh config decides what a foreign trust domain may do, and the advice is not to open the port', () => {
  const found = explained([...shop, meshConfig({ trustDomain: 'cluster.local' })], {
    from: 'principal:other.example/ns/x/sa/y',
    to: 'shop/orders:8080',
  });
  expect([found.verdict, found.reason]).toEqual([
    'deny',
    'the sidecar trusts no certificate of trust domain `other.example`',
  ]);
  expect(found.change).toBeNull();
});
