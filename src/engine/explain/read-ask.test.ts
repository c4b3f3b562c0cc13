import { describe, expect, it } from 'vitest';
import { meshOf } from '../../../test/mesh-of.ts';
import { meshText, namespace, workload } from '../../../test/small-mesh.ts';
import { Enforcement } from '../../semantics/enforcement.ts';
import type { Ask } from './ask.ts';
import { readAsk } from './read-ask.ts';

const gateway = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'Gateway',
  metadata: { name: 'public', namespace: 'shop' },
  spec: {
    selector: { istio: 'ingressgateway' },
    servers: [
      {
        port: { number: 443, name: 'https', protocol: 'HTTPS' },
        hosts: ['shop.example', 'api.example'],
        tls: { mode: 'SIMPLE', credentialName: 'shop' },
      },
      { port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['shop.example'] },
    ],
  },
};
const route = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'shop', namespace: 'shop' },
  spec: {
    hosts: ['shop.example', 'api.example'],
    gateways: ['shop/public'],
    http: [{ route: [{ destination: { host: 'orders.shop.svc.cluster.local' } }] }],
  },
};

const { mesh } = meshOf(
  meshText([
    namespace('shop'),
    ...workload('shop', 'web', { ports: { http: 8080 } }),
    ...workload('shop', 'orders', { ports: { http: 8080, 'tcp-db': 5432, grpc: 9000 } }),
    ...workload('shop', 'agent', { bare: [9100], hostNetwork: true }),
    gateway,
    route,
  ]),
);
const enforcement = new Enforcement(mesh);
const absent = 'istio-system/istio-ingressgateway';

const read = (question: Partial<Ask>) =>
  readAsk(enforcement, { from: 'shop/web', to: 'shop/orders:8080', ...question });
const problem = (question: Partial<Ask>): string => {
  const found = read(question);
  return 'error' in found ? `${found.error}; ${found.help}` : JSON.stringify(found);
};

describe('what is left out is filled in as the port suggests', () => {
  it.each([
    ['HTTP on an HTTP port', {}, { method: 'GET', path: '/' }],
    ['POST on a gRPC port', { to: 'shop/orders:9000' }, { method: 'POST', path: '/' }],
    ['nothing on a TCP port', { to: 'shop/orders:5432' }, undefined],
    ['HTTP on a TCP port for who says so', { to: 'shop/orders:5432', method: 'PUT' }, { method: 'PUT', path: '/' }],
    ['nothing with `--tcp`', { tcp: true }, undefined],
    [
      'headers in both ways of writing',
      { header: ['X-Team=a', 'x-b: c=d'] },
      {
        method: 'GET',
        path: '/',
        headers: [
          ['x-team', 'a'],
          ['x-b', 'c=d'],
        ],
      },
    ],
  ])('%s', (_, question, http) => {
    const found = read(question);
    expect('error' in found ? found : found.http).toEqual(http);
  });

  it('claims: said again a list, in brackets nested', () => {
    const found = read({ claim: ['iss=a', 'aud=x', 'aud=y', 'realm[roles]=admin', 'realm[roles]=dev', 'realm[id]=1'] });
    expect('error' in found ? found : found.jwt).toEqual({
      payload: { iss: 'a', aud: ['x', 'y'], realm: { roles: ['admin', 'dev'], id: '1' } },
    });
  });

  it('a client of a TLS port of a gateway uses TLS, for the host that it asks for', () => {
    expect(read({ from: 'internet', to: `gateway:${absent}:443`, host: 'api.example' })).toMatchObject({
      from: { internet: true },
      to: { gateway: absent, port: 443 },
      http: { host: 'api.example' },
      tls: { sni: 'api.example' },
    });
    const plain = read({ from: 'internet', to: `gateway:${absent}:80` });
    expect(plain).toMatchObject({ http: { host: 'shop.example' } });
    expect(plain).not.toHaveProperty('tls');
  });
});

describe('sources', () => {
  it.each([
    ['internet', { internet: true }],
    ['pod-outside-mesh', { position: 'pod-outside-mesh' }],
    ['node', { position: 'node' }],
    ['apiserver', { position: 'apiserver' }],
    ['principal:cluster.local/ns/a/sa/b', { principal: 'cluster.local/ns/a/sa/b' }],
    ['principal:spiffe://cluster.local/ns/a/sa/b', { principal: 'cluster.local/ns/a/sa/b' }],
    ['spiffe://cluster.local/ns/a/sa/b', { principal: 'cluster.local/ns/a/sa/b' }],
    ['hostnetwork:shop/agent', { workload: 'shop/agent' }],
    ['shop/web', { workload: 'shop/web' }],
  ])('%s', (from, expected) => {
    const found = read({ from });
    expect('error' in found ? found : found.from).toEqual(expected);
  });
});

describe('what makes no sense says what is possible', () => {
  it.each<[string, Partial<Ask>, string]>([
    [
      'a misspelt workload',
      { from: 'shop/wed' },
      'there is no workload `shop/wed` in the input; did you mean `shop/web`?',
    ],
    ['a missing namespace', { to: 'orders:8080' }, 'did you mean `shop/orders`?'],
    ['another namespace', { to: 'payments/orders:8080' }, 'did you mean `shop/orders`?'],
    ['nothing like it', { from: 'zzz' }, 'there is: apiserver, internet, node'],
    ['a misspelt place', { from: 'intrenet' }, 'did you mean `internet`?'],
    ['no principal', { from: 'principal:web' }, 'trust-domain/ns/NAMESPACE/sa/SERVICE-ACCOUNT'],
    ['not in the host network', { from: 'hostnetwork:shop/web' }, 'what does: shop/agent'],
    ['a port of the service', { to: 'shop/orders:80' }, 'did you mean `--to service:shop/orders:80`?'],
    [
      'a port that is near',
      { to: 'shop/orders:8081' },
      'did you mean 8080? its ports: 5432 (tcp), 8080 (http), 9000 (grpc)',
    ],
    ['a port of the pods', { to: 'service:shop/orders:5432' }, 'did you mean `service:shop/orders:81`?'],
    ['no port among several', { to: 'shop/orders' }, 'says no port; ports of `shop/orders`: 5432 (tcp)'],
    ['no such port', { to: 'shop/orders:70000' }, '`70000` is no port'],
    ['a service that is a workload', { to: 'service:shop/agent:9100' }, 'there is a workload of that name'],
    ['a misspelt service', { to: 'service:shop/ordes:80' }, 'did you mean `shop/orders`?'],
    ['a gateway without that port', { to: `gateway:${absent}:8443` }, 'it listens on 80, 443'],
    ['a misspelt gateway', { to: 'gateway:istio-system/istio-ingresgateway:443' }, `did you mean \`${absent}\`?`],
    [
      'one of several hosts',
      { from: 'internet', to: `gateway:${absent}:443` },
      'hosts of port 443: api.example, shop.example',
    ],
    ['no header', { header: ['nonsense'] }, '`nonsense` is no header; give it as name=value'],
    ['no claim', { claim: ['iss'] }, '`iss` is no claim'],
    ['no token is looked at', { claim: ['any'] }, 'no RequestAuthentication applies to `shop/orders`'],
    ['no path', { path: 'orders' }, '`orders` is no path; a path starts with `/`'],
    ['TCP with a method', { tcp: true, method: 'GET' }, 'exclude each other'],
  ])('%s', (_, question, sentence) => {
    expect(problem(question)).toContain(sentence);
  });

  it('a port that nothing declares is asked for on purpose only', () => {
    expect(read({ to: 'shop/orders:7777', anyPort: true })).toMatchObject({
      to: { workload: 'shop/orders', port: 7777 },
    });
  });
});
