import { describe, expect, it } from 'vitest';
import { EDGE_PLATFORM } from '../../../test/edge-platform.ts';
import { meshOf } from '../../../test/mesh-of.ts';
import { decideWay } from '../../graph/decide-way.ts';
import { findOnWay, waysIn } from '../../graph/ways-in.ts';
import type { HttpRequest } from '../attempt.ts';
import { decide } from '../decide.ts';
import { Enforcement } from '../enforcement.ts';
import type { Query } from '../query.ts';
import type { Verdict } from '../verdict.ts';

const tcpGateway = (server: string): string => `
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: bytes, namespace: edge }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 443, name: bytes, ${server} }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: bytes, namespace: shop }
spec:
  hosts: ['*']
  gateways: [edge/bytes]
  tcp: [{ route: [{ destination: { host: web } }] }]
`;
const PLAIN = tcpGateway("protocol: TCP }, hosts: ['*']");
const TLS = tcpGateway("protocol: TLS }, hosts: ['*'], tls: { mode: SIMPLE, credentialName: cert }");

const POLICY = `
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: web, namespace: shop }
spec:
  rules:
    - from: [{ source: { principals: [cluster.local/ns/edge/sa/gateway] } }]
      to: [{ operation: { methods: [GET], paths: [/open/*] } }]
`;

const AUTO = EDGE_PLATFORM.replace(
  'ports: [{ name: http, port: 80, targetPort: 9080 }] }',
  'ports: [{ name: web, port: 80, targetPort: 9080 }] }',
);
const INJECTED = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
`;
const mode = (name: string): string => `
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: shop }
spec: { mtls: { mode: ${name} } }
`;

function sceneOf(yaml: string) {
  const { mesh, workload } = meshOf(INJECTED + yaml);
  const enforcement = new Enforcement(mesh);
  const web = workload('shop/web');
  const ask = (http: Partial<HttpRequest> | undefined, more: Partial<Query> = {}): Verdict => {
    const query: Query = {
      client: 'attacker',
      source: { position: { kind: 'internet' }, identity: null, connects: 'plaintext' },
      destination: { workload: workload('edge/gateway'), port: 8443 },
      transport: 'TCP',
      ...(http ? { http: { method: 'GET', path: '/open/a', host: 'shop.example.com', headers: [], ...http } } : {}),
      ...more,
    };
    const verdict = decide(enforcement, query);
    expect(decideWay(enforcement, query, web, 9080).outcome).toBe(verdict.outcome);
    return verdict;
  };
  const found = () =>
    waysIn(enforcement, web, 9080).flatMap((way) => {
      const answer = findOnWay(enforcement, way);
      return answer.kind === 'found' ? [answer.query] : [];
    });
  return { ask, found };
}

describe('HTTP through a TCP route of a gateway', () => {
  it.each([
    ['plaintext', PLAIN, {}],
    ['TLS that ends at the gateway', TLS, { tls: { sni: 'shop.example.com' } }],
  ])('over %s is read by the sidecar behind it, which sees the gateway', (_, gateway, more) => {
    const { ask } = sceneOf(EDGE_PLATFORM + gateway + POLICY);
    expect(ask({}, more)).toMatchObject({ outcome: 'allow', point: 'sidecar', by: { name: 'web' } });
    expect(ask({ path: '/secret' }, more).outcome).toBe('deny');
    expect(ask(undefined, more)).toMatchObject({ outcome: 'deny', reason: expect.stringContaining('declared HTTP') });
  });

  it('is found as a set, as the request that the policy takes', () => {
    const { found } = sceneOf(EDGE_PLATFORM + PLAIN + POLICY);
    expect(found().map(({ http }) => http)).toMatchObject([
      { method: 'GET', path: expect.stringMatching(/^\/open\//) },
    ]);
  });

  it('is none inside of TLS that passes through', () => {
    const passing = tcpGateway("protocol: TLS }, hosts: ['*'], tls: { mode: PASSTHROUGH }").replace(
      'tcp: [{ route',
      "tls: [{ match: [{ sniHosts: ['*'] }], route",
    );
    const { ask } = sceneOf(EDGE_PLATFORM + passing + POLICY);
    expect(ask({}, { tls: { sni: 'shop.example.com' } }).outcome).toBe('deny');
  });

  it('is TCP by its ALPN over mutual TLS to a port without a protocol, so that a rule with paths takes nothing', () => {
    const { ask, found } = sceneOf(AUTO + PLAIN + POLICY);
    expect(ask({}).outcome).toBe('deny');
    expect(found()).toEqual([]);
    const byIdentity = POLICY.replace(/\n {6}to: .*/, '');
    expect(sceneOf(AUTO + PLAIN + byIdentity).ask({ path: '/secret' }).outcome).toBe('allow');
  });

  it('is sniffed in plaintext by a port without a protocol', () => {
    const anybody = POLICY.replace(/- from: .*\n {6}to/, '- to');
    const { ask, found } = sceneOf(AUTO + PLAIN + anybody + mode('DISABLE'));
    expect(ask({}).outcome).toBe('allow');
    expect(ask({ path: '/secret' }).outcome).toBe('deny');
    expect(found().map(({ http }) => http?.method)).toContain('GET');
  });
});
