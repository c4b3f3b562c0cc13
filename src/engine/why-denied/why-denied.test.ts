import { describe, expect, it } from 'vitest';
import { textsIn } from '../../../test/texts-in.ts';
import { meshOf } from '../../../test/mesh-of.ts';
import { type Manifest, meshText, namespace, policy, selecting, workload } from '../../../test/small-mesh.ts';
import { type Denial, denial as schema } from '../../result/denial.ts';
import { Enforcement } from '../../semantics/enforcement.ts';
import { readLog } from './read-log.ts';
import { type Hints, whyDenied } from './why-denied.ts';

const shop: readonly Manifest[] = [
  namespace('shop'),
  ...workload('shop', 'web', { ports: { http: 8080 } }),
  ...workload('shop', 'batch', { ports: { http: 8080 } }),
  ...workload('shop', 'orders', { ports: { http: 8080, 'tcp-db': 5432 } }),
];
const pod = (name: string, account: string, ip: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: `${name}-6584ddcf65-k78wz`,
    namespace: 'shop',
    labels: { app: name, 'pod-template-hash': '6584ddcf65' },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${name}-6584ddcf65`, controller: true }],
  },
  spec: {
    serviceAccountName: account,
    containers: [
      { name: 'app', image: 'a' },
      { name: 'istio-proxy', image: 'p' },
    ],
  },
  status: { podIP: ip, phase: 'Running' },
});
const allowWeb = policy('AuthorizationPolicy', 'shop', 'orders', {
  ...selecting('orders'),
  rules: [{ from: [{ source: { principals: ['cluster.local/ns/shop/sa/web'] } }] }],
});
const noDeletes = policy('AuthorizationPolicy', 'shop', 'no-deletes', {
  action: 'DENY',
  rules: [{ to: [{ operation: { methods: ['DELETE'] } }] }],
});

interface Line {
  readonly request?: string;
  readonly code?: number;
  readonly flags?: string;
  readonly details?: string;
  readonly host?: string;
  readonly cluster?: string;
  readonly local?: string;
  readonly remote?: string;
  readonly sni?: string;
}

const line = ({
  request = 'GET / HTTP/1.1',
  code = 403,
  flags = '-',
  details = 'rbac_access_denied_matched_policy[none]',
  host = 'orders.shop',
  cluster = 'inbound|8080||',
  local = '10.9.9.9:8080',
  remote = '10.9.9.8:4000',
  sni = 'outbound_.80_._.orders.shop.svc.cluster.local',
}: Line): string =>
  `[2026-11-23T10:00:00.000Z] "${request}" ${code} ${flags} ${details} - "-" 0 19 0 - "-" "curl" "id" "${host}" "-" ${cluster} - ${local} ${remote} ${sni} default`;

function why(manifests: readonly Manifest[], log: string, hints: Hints = {}): Denial {
  const seen = readLog(log);
  if (!seen) throw new Error('the line cannot be read');
  const found = whyDenied(new Enforcement(meshOf(meshText(manifests)).mesh), seen, hints, textsIn({}));
  if ('error' in found) throw new Error(`${found.error}; ${found.help}`);
  expect(() => schema.parse(JSON.parse(JSON.stringify(found)))).not.toThrow();
  return found;
}

describe('who and where, out of a line', () => {
  it('by pod addresses, where the input has pods', () => {
    const pods = [pod('orders', 'orders', '10.1.0.1'), pod('batch', 'batch', '10.1.0.2')];
    const found = why(
      [...shop, ...pods, allowWeb],
      line({ local: '10.1.0.1:8080', remote: '10.1.0.2:4000', host: 'x' }),
    );
    expect(found.explanation.request).toMatchObject({
      from: { workload: 'shop/batch' },
      to: { workload: 'shop/orders', port: 8080 },
    });
    expect([found.agrees, found.notes]).toEqual([true, []]);
    expect(found.explanation.change?.after?.verdict).toBe('allow');
  });

  it('by the server name, and then it says that the caller is not known and proposes nothing', () => {
    const found = why([...shop, allowWeb], line({ host: 'unheard.of' }));
    expect(found.explanation.request.to).toEqual({ workload: 'shop/orders', port: 8080 });
    expect(found.notes[0]).toContain('does not say who called');
    expect([found.agrees, found.explanation.verdict]).toEqual([true, 'deny']);
    expect(found.explanation).not.toHaveProperty('change');
    expect(found.explanation).not.toHaveProperty('nearest');
  });

  it('with the caller said by hand the change is worked out', () => {
    const found = why([...shop, allowWeb], line({}), { from: 'shop/batch' });
    expect(found.explanation.change?.steps[0]?.summary).toContain('cluster.local/ns/shop/sa/batch');
  });

  it('no server name at a sidecar means plaintext', () => {
    const strict = policy('PeerAuthentication', 'shop', 'default', { mtls: { mode: 'STRICT' } });
    const log = line({ code: 0, request: '- - -', flags: 'NR', details: 'filter_chain_not_found', sni: '-' });
    const found = why([...shop, strict], log, { to: 'shop/orders:8080' });
    expect(found.explanation.request.from).toMatchObject({ plaintext: true, ip: '10.9.9.8' });
    expect(found.meaning).toContain('plaintext where mutual TLS is demanded');
    expect([found.agrees, found.explanation.by?.kind]).toEqual([true, 'PeerAuthentication']);
  });

  it('says what is missing where nothing tells', () => {
    expect(() => why(shop, line({ host: 'a.b.c', sni: '-', cluster: 'inbound|1234||' }))).toThrow(
      /whose port 1234 it is; .*--to/,
    );
  });
});

describe('what the proxy names', () => {
  const denied = 'rbac_access_denied_matched_policy[ns[shop]-policy[no-deletes]-rule[0]]';
  const log = line({ request: 'DELETE / HTTP/1.1', details: denied });

  it('is found where it stands, and is what the model says too', () => {
    const found = why([...shop, noDeletes], log, { from: 'shop/web' });
    expect(found.seen.policy).toMatchObject({
      name: 'no-deletes',
      rule: 0,
      found: { location: { file: 'mesh.yaml' } },
    });
    expect([found.agrees, found.explanation.by?.name]).toEqual([true, 'no-deletes']);
  });

  it('is not in the input: the cluster holds more than these files', () => {
    const found = why(shop, log, { from: 'shop/web' });
    expect(found.seen.policy?.found).toBeNull();
    expect([found.agrees, found.explanation.verdict]).toEqual([false, 'allow']);
    expect(found.agreement).toContain('shop/no-deletes, which is not in the input');
    // Nobody wants to hear how to deny it.
    expect(found.explanation).not.toHaveProperty('change');
  });
});

describe('what no policy refused', () => {
  it.each<[string, Line, RegExp]>([
    ['the application itself', { code: 403, details: 'via_upstream' }, /the application itself answered 403/],
    [
      'an external authorizer',
      { code: 403, flags: 'UAEX', details: 'ext_authz_denied' },
      /external authorizer refused/,
    ],
    ['no endpoint', { code: 503, flags: 'UH', details: 'no_healthy_upstream' }, /no endpoint is healthy/],
    ['nothing', { code: 200, details: 'via_upstream' }, /answered 200|nothing was refused/],
  ])('%s', (_, parts, meaning) => {
    const found = why(shop, line(parts), { from: 'shop/web' });
    expect(found.meaning).toMatch(meaning);
    expect([found.byMesh, found.agrees]).toEqual([false, null]);
  });
});

it('a refusal that the client saw: the destination is the service of the cluster', () => {
  const log = line({ cluster: 'outbound|80||orders.shop.svc.cluster.local', details: 'via_upstream' });
  const found = why([...shop, allowWeb], log, { from: 'shop/batch' });
  expect(found.explanation.request.to).toEqual({ service: 'shop/orders', port: 80 });
  expect([found.agrees, found.explanation.verdict]).toEqual([true, 'deny']);
});

it('a gateway: refused on the way out, by the host that was asked for', () => {
  const gateway = {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: { name: 'public', namespace: 'shop' },
    spec: {
      selector: { istio: 'ingressgateway' },
      servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['shop.example'] }],
    },
  };
  const route = {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'shop', namespace: 'shop' },
    spec: {
      hosts: ['shop.example'],
      gateways: ['shop/public'],
      http: [{ route: [{ destination: { host: 'orders.shop.svc.cluster.local', port: { number: 80 } } }] }],
    },
  };
  const noAdmin = policy('AuthorizationPolicy', 'istio-system', 'no-admin', {
    selector: { matchLabels: { istio: 'ingressgateway' } },
    action: 'DENY',
    rules: [{ to: [{ operation: { paths: ['/admin*'] } }] }],
  });
  const log = line({
    request: 'GET /admin/x HTTP/1.1',
    details: 'rbac_access_denied_matched_policy[ns[istio-system]-policy[no-admin]-rule[0]]',
    host: 'shop.example',
    cluster: 'outbound|80||orders.shop.svc.cluster.local',
    local: '127.0.0.1:80',
    remote: '203.0.113.7:51000',
    sni: '-',
  });
  const found = why([...shop, gateway, route, noAdmin], log);
  expect(found.explanation.request).toMatchObject({
    from: { internet: true, ip: '203.0.113.7' },
    to: { gateway: 'istio-system/istio-ingressgateway', port: 80 },
  });
  expect([found.agrees, found.explanation.point, found.explanation.by?.name]).toEqual([true, 'gateway', 'no-admin']);
});

describe('ztunnel', () => {
  const ambient = [
    namespace('shop', { 'istio.io/dataplane-mode': 'ambient' }),
    ...workload('shop', 'web', { ports: { http: 8080 } }),
    ...workload('shop', 'orders', { ports: { http: 8080 } }),
  ];
  const entry = (more: string, error: string): string =>
    `error access connection complete ${more} dst.addr=10.1.0.1:15008 dst.hbone_addr=10.1.0.1:8080 dst.workload="orders-6584ddcf65-k78wz" dst.namespace="shop" direction="inbound" error="${error}"`;

  it('no ALLOW rule admits the caller', () => {
    const closed = policy('AuthorizationPolicy', 'shop', 'closed', selecting('orders'));
    const from =
      'src.addr=10.1.0.2:4000 src.workload="web-6584ddcf65-abcde" src.namespace="shop" src.identity="spiffe://cluster.local/ns/shop/sa/web"';
    const log = entry(from, 'connection closed due to policy rejection: allow policies exist, but none allowed');
    const found = why([...ambient, closed], log);
    expect(found.explanation.request).toEqual({
      from: { workload: 'shop/web', ip: '10.1.0.2' },
      to: { workload: 'shop/orders', port: 8080 },
    });
    expect([found.agrees, found.explanation.point]).toEqual([true, 'ztunnel']);
    expect(found.explanation.change?.after?.verdict).toBe('allow');
  });

  it('PeerAuthentication has another name there', () => {
    const strict = policy('PeerAuthentication', 'istio-system', 'default', { mtls: { mode: 'STRICT' } });
    const log = entry(
      'src.addr=10.1.0.7:4000',
      'connection closed due to policy rejection: explicitly denied by: istio-system/istio_converted_static_strict',
    );
    const found = why([...ambient, strict], log);
    expect(found.meaning).toContain('demands a mesh identity');
    expect([found.agrees, found.explanation.by?.kind]).toEqual([true, 'PeerAuthentication']);
  });
});

it('no log line but what was seen', () => {
  const enforcement = new Enforcement(meshOf(meshText([...shop, allowWeb])).mesh);
  const seen = { kind: 'stated', host: 'orders.shop', path: '/', port: 80, code: 403 } as const;
  const unsaid = whyDenied(enforcement, seen, {}, textsIn({}));
  expect('error' in unsaid && `${unsaid.error}; ${unsaid.help}`).toMatch(/who called; say it with `--from/);
  const found = whyDenied(enforcement, seen, { from: 'shop/batch' }, textsIn({}));
  expect(found).toMatchObject({
    agrees: true,
    explanation: { verdict: 'deny', request: { to: { service: 'shop/orders' } } },
  });
});
