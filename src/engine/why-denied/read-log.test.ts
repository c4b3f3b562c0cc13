import { describe, expect, it } from 'vitest';
import { readLog } from './read-log.ts';

const START = '[2026-11-23T10:00:00.000Z]';
const TAIL = '- "-" 0 19 0 - "-" "curl/8.11 (x86)" "66146f25"';

describe("Envoy, Istio's default text format", () => {
  it('a request that no ALLOW rule matched', () => {
    const line = `${START} "GET /ok?x=1 HTTP/1.1" 403 - rbac_access_denied_matched_policy[none] ${TAIL} "server.demo:80" "-" inbound|8080|| - 10.244.0.11:8080 10.244.0.13:54321 outbound_.80_._.server.demo.svc.cluster.local default`;
    expect(readLog(line)).toEqual({
      kind: 'envoy',
      at: '2026-11-23T10:00:00.000Z',
      method: 'GET',
      path: '/ok?x=1',
      host: 'server.demo:80',
      code: 403,
      details: 'rbac_access_denied_matched_policy[none]',
      matched: 'none',
      cluster: 'inbound|8080||',
      downstreamLocal: '10.244.0.11:8080',
      downstreamRemote: '10.244.0.13:54321',
      sni: 'outbound_.80_._.server.demo.svc.cluster.local',
    });
  });

  it('the DENY policy and rule that matched, behind what `kubectl logs --prefix` puts in front', () => {
    const line = `[pod/api-1/istio-proxy] ${START} "DELETE / HTTP/2" 403 - rbac_access_denied_matched_policy[ns[payments]-policy[no-deletes]-rule[2]] ${TAIL} "api" "-" inbound|80|| - 10.0.0.1:80 10.0.0.2:0 - default`;
    expect(readLog(line)).toMatchObject({
      matched: { namespace: 'payments', name: 'no-deletes', rule: 2 },
      proxy: { pod: 'api-1' },
      sni: null,
      host: 'api',
    });
  });

  it('plain TCP: what closed the connection stands in the termination details', () => {
    const line = `${START} "- - -" 0 - - rbac_access_denied_matched_policy[none] "-" 0 0 0 - "-" "-" "-" "-" "-" inbound|5432|| - 10.0.0.1:5432 10.0.0.2:4000 outbound_.5432_._.db.shop.svc.cluster.local -`;
    const seen = readLog(line);
    expect(seen).toMatchObject({ code: 0, matched: 'none', details: 'rbac_access_denied_matched_policy[none]' });
    expect(seen).not.toHaveProperty('method');
  });

  it('why the handshake failed, quotes and all', () => {
    const line = `${START} "GET / HTTP/1.1" 503 UF upstream_reset_before_response_started{connection_failure} - "TLS_error: CERTIFICATE_VERIFY_FAILED" 0 91 9 - "-" "curl" "id" "web" "10.0.0.9:80" outbound|80||web.shop.svc.cluster.local - 10.1.1.1:80 10.0.0.2:4000 - default`;
    expect(readLog(line)).toMatchObject({
      code: 503,
      flags: 'UF',
      transportFailure: 'TLS_error: CERTIFICATE_VERIFY_FAILED',
      cluster: 'outbound|80||web.shop.svc.cluster.local',
    });
  });

  it('a line that was cut short says how it ended all the same', () => {
    expect(readLog(`${START} "GET / HTTP/1.1" 401 - jwt_authn_access_denied{Jwt_is_expired} - "-"`)).toMatchObject({
      code: 401,
      details: 'jwt_authn_access_denied{Jwt_is_expired}',
    });
  });
});

it('Envoy, the same as JSON', () => {
  const entry = {
    start_time: '2026-11-23T10:00:00.000Z',
    method: 'GET',
    path: '/no',
    response_code: 403,
    response_code_details: 'rbac_access_denied_matched_policy[ns[a]-policy[b]-rule[0]]',
    authority: 'server.demo',
    upstream_cluster: 'inbound|8080||',
    downstream_local_address: '10.0.0.1:8080',
    downstream_remote_address: '10.0.0.2:4000',
    requested_server_name: null,
    response_flags: '-',
  };
  expect(readLog(JSON.stringify(entry))).toMatchObject({
    kind: 'envoy',
    method: 'GET',
    code: 403,
    matched: { namespace: 'a', name: 'b', rule: 0 },
    downstreamRemote: '10.0.0.2:4000',
  });
});

describe('ztunnel', () => {
  const text =
    '2026-11-23T10:00:00.1Z\terror\taccess\tconnection complete\tsrc.addr=10.244.1.6:42020 src.workload="web-6584ddcf65-k78wz" src.namespace="shop" src.identity="spiffe://cluster.local/ns/shop/sa/web" dst.addr=10.244.1.9:15008 dst.hbone_addr=10.244.1.9:9080 dst.service="orders.shop.svc.cluster.local" dst.workload="orders-d5789fdfb-c5w2c" dst.namespace="shop" dst.identity="spiffe://cluster.local/ns/shop/sa/orders" direction="inbound" bytes_sent=0 bytes_recv=0 duration="0ms" error="connection closed due to policy rejection: allow policies exist, but none allowed"';

  it('both ends, by pod and identity, and the port inside of HBONE', () => {
    expect(readLog(text)).toEqual({
      kind: 'ztunnel',
      at: '2026-11-23T10:00:00.100Z',
      direction: 'inbound',
      source: {
        address: '10.244.1.6:42020',
        pod: 'web-6584ddcf65-k78wz',
        namespace: 'shop',
        principal: 'cluster.local/ns/shop/sa/web',
      },
      destination: {
        address: '10.244.1.9:9080',
        pod: 'orders-d5789fdfb-c5w2c',
        namespace: 'shop',
        principal: 'cluster.local/ns/shop/sa/orders',
        service: 'orders.shop.svc.cluster.local',
      },
      error: 'connection closed due to policy rejection: allow policies exist, but none allowed',
      matched: 'none',
    });
  });

  it('as JSON, with the policy that denied', () => {
    const entry = {
      level: 'error',
      scope: 'access',
      message: 'connection complete',
      'src.addr': '10.0.0.2:4000',
      'dst.addr': '10.0.0.1:8080',
      'dst.workload': 'orders-0',
      'dst.namespace': 'shop',
      error:
        'connection closed due to policy rejection: explicitly denied by: istio-system/istio_converted_static_strict',
    };
    expect(readLog(JSON.stringify(entry))).toMatchObject({
      matched: { namespace: 'istio-system', name: 'istio_converted_static_strict' },
      destination: { pod: 'orders-0', address: '10.0.0.1:8080' },
    });
  });

  it('an older ztunnel does not say whether it was ALLOW or DENY', () => {
    const older = text.replace(/: allow policies exist, but none allowed/, '');
    expect(readLog(older)).not.toHaveProperty('matched');
  });
});

it('of many lines, the first refusal; of none, nothing', () => {
  const ok = `${START} "GET /fine HTTP/1.1" 200 - via_upstream ${TAIL} "a" "10.0.0.1:80" inbound|80|| - 10.0.0.1:80 10.0.0.2:1 - default`;
  const refused = ok
    .replace('200 - via_upstream', '403 - rbac_access_denied_matched_policy[none]')
    .replace('/fine', '/refused');
  expect(readLog([`2026-11-23 info Envoy proxy is ready`, ok, refused].join('\n'))).toMatchObject({ path: '/refused' });
  expect(readLog(ok)).toMatchObject({ path: '/fine', code: 200 });
  expect(readLog('hello\n{"a": 1}\n{broken}')).toBeUndefined();
});
