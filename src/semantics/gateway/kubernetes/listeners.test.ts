import { describe, expect, it } from 'vitest';
import { gatewayRoute, managedGateway } from '../../../../test/managed-gateway.ts';
import { meshOf } from '../../../../test/mesh-of.ts';
import { Enforcement } from '../../enforcement.ts';
import { indexGateways } from '../index-gateways.ts';
import { routesOf } from '../routes-of.ts';

/** Of each route: gateway, port, host and TLS mode. */
function routes(yaml: string): readonly string[] {
  const enforcement = new Enforcement(meshOf(yaml).mesh);
  return routesOf(enforcement, indexGateways(enforcement)).map(
    ({ gateway, listener, hosts, tlsMode }) => `${gateway.id} ${listener.port} ${hosts.join()} ${tlsMode ?? 'plain'}`,
  );
}

const ALL = 'allowedRoutes: { namespaces: { from: All } }';
const ROUTE = gatewayRoute('HTTPRoute', 'rules: [{ backendRefs: [{ name: web, port: 80 }] }]');
const https = (tls: string, more = ''): string =>
  managedGateway(
    `[{ name: https, port: 443, protocol: HTTPS, hostname: shop.example.com, tls: { ${tls} }, ${ALL} }]`,
    more,
  ) + ROUTE;

describe('listeners of the Gateway API', () => {
  it('terminate TLS, and ask for certificates of clients by option or frontend validation', () => {
    const certificate = 'certificateRefs: [{ name: cert }]';
    const option = (mode: string): string =>
      `${certificate}, options: { gateway.istio.io/tls-terminate-mode: ${mode} }`;
    expect(routes(https(certificate))).toEqual(['edge/public-istio 443 shop.example.com SIMPLE']);
    expect(routes(https(option('MUTUAL')))).toEqual(['edge/public-istio 443 shop.example.com MUTUAL']);
    expect(routes(https(option('ISTIO_MUTUAL')))).toEqual(['edge/public-istio 443 shop.example.com ISTIO_MUTUAL']);
    const validation = (mode: string): string =>
      `, tls: { frontend: { default: { validation: { mode: ${mode}, caCertificateRefs: [{ kind: ConfigMap, name: ca }] } } } }`;
    expect(routes(https(certificate, validation('AllowValidOnly')))).toEqual([
      'edge/public-istio 443 shop.example.com MUTUAL',
    ]);
    expect(routes(https(certificate, validation('AllowInsecureFallback')))).toEqual([
      'edge/public-istio 443 shop.example.com OPTIONAL_MUTUAL',
    ]);
    // The option has the last word.
    expect(routes(https(option('MUTUAL'), validation('AllowInsecureFallback')))).toEqual([
      'edge/public-istio 443 shop.example.com MUTUAL',
    ]);
  });

  it('believe any certificate where the validation may fail', () => {
    const tlsOf = (more: string, tls = 'certificateRefs: [{ name: cert }]') => {
      const { mesh } = meshOf(https(tls, more));
      const { proxies } = indexGateways(new Enforcement(mesh));
      return proxies.flatMap(({ listeners }) =>
        listeners.flatMap(({ servers }) => servers.map((server) => server.tls)),
      );
    };
    const validation = (mode: string): string =>
      `, tls: { frontend: { default: { validation: { mode: ${mode}, caCertificateRefs: [{ kind: ConfigMap, name: ca }] } } } }`;
    expect(tlsOf(validation('AllowInsecureFallback'))).toMatchObject([
      { mode: 'OPTIONAL_MUTUAL', insecureSkipVerify: true },
    ]);
    expect(tlsOf(validation('AllowValidOnly'))).toMatchObject([{ mode: 'MUTUAL', insecureSkipVerify: false }]);
  });

  it('do not exist where their certificate is of another namespace that does not grant it', () => {
    const grant = `
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: { name: edge, namespace: certs }
spec:
  from: [{ group: gateway.networking.k8s.io, kind: Gateway, namespace: edge }]
  to: [{ group: '', kind: Secret }]
`;
    const foreign = https('certificateRefs: [{ name: cert, namespace: certs }]');
    expect(routes(foreign)).toEqual([]);
    expect(routes(foreign + grant)).toHaveLength(1);
  });

  it('keep hosts to themselves that a wider listener of the port covers too', () => {
    const listener = (name: string, hostname: string): string =>
      `{ name: ${name}, port: 80, protocol: HTTP, hostname: ${hostname}, ${ALL} }`;
    const gateway = managedGateway(`[${listener('wide', "'*.example.com'")}, ${listener('one', 'a.example.com')}]`);
    const wide = gatewayRoute(
      'HTTPRoute',
      'hostnames: [a.example.com, b.example.com], rules: [{ backendRefs: [{ name: web, port: 80 }] }]',
    ).replace('namespace: edge', 'namespace: edge, sectionName: wide');
    expect(routes(gateway + wide)).toEqual(['edge/public-istio 80 b.example.com plain']);
  });

  it('come from ListenerSets that the Gateway allows', () => {
    const set = `
---
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: { name: team, namespace: shop }
spec:
  parentRef: { name: public, namespace: edge }
  listeners: [{ name: extra, port: 8081, protocol: HTTP }]
`;
    const route = ROUTE.replace('{ name: public, namespace: edge }', '{ kind: ListenerSet, name: team }');
    const own = `[{ name: http, port: 80, protocol: HTTP, ${ALL} }, { name: extra, port: 8081, protocol: HTTP, ${ALL} }]`;
    expect(routes(managedGateway(own) + set + route)).toEqual([]);
    expect(routes(managedGateway(own, ', allowedListeners: { namespaces: { from: All } }') + set + route)).toEqual([
      'edge/public-istio 8081 * plain',
    ]);
  });

  it('are served by the Service that an address names', () => {
    const pods = `
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: own, namespace: edge }
spec:
  template:
    metadata: { labels: { app: own, sidecar.istio.io/inject: 'true' }, annotations: { inject.istio.io/templates: gateway } }
    spec: { containers: [{ name: istio-proxy, image: auto }] }
---
apiVersion: v1
kind: Service
metadata: { name: own, namespace: edge }
spec: { type: LoadBalancer, selector: { app: own }, ports: [{ name: http, port: 80, targetPort: 8080 }] }
`;
    const listener = `[{ name: http, port: 80, protocol: HTTP, ${ALL} }]`;
    const address = ', addresses: [{ type: Hostname, value: own.edge.svc.cluster.local }]';
    expect(routes(managedGateway(listener, address) + pods + ROUTE)).toEqual(['edge/own 8080 * plain']);
  });

  it('share their pods with Gateways of Istio in the same namespace only', () => {
    const istio = (namespace: string): string => `
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: old, namespace: ${namespace} }
spec:
  selector: { gateway.networking.k8s.io/gateway-name: public }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: [old.example.com] }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: old, namespace: shop }
spec: { hosts: [old.example.com], gateways: [${namespace}/old], http: [{ route: [{ destination: { host: web } }] }] }
`;
    const gateway =
      managedGateway(`[{ name: http, port: 80, protocol: HTTP, hostname: shop.example.com, ${ALL} }]`) + ROUTE;
    expect(routes(gateway + istio('edge'))).toContain('edge/public-istio 80 old.example.com plain');
    expect(routes(gateway + istio('shop'))).not.toContain('edge/public-istio 80 old.example.com plain');
  });

  it('belong to Istio by the controller of their class, or the name of a class that istiod makes', () => {
    const ofClass = (name: string): string =>
      managedGateway(`[{ name: http, port: 80, protocol: HTTP, ${ALL} }]`).replace(
        'gatewayClassName: istio',
        `gatewayClassName: ${name}`,
      ) + ROUTE;
    const gatewayClass = `
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: { name: house }
spec: { controllerName: istio.io/gateway-controller }
`;
    expect(routes(ofClass('house'))).toEqual([]);
    expect(routes(ofClass('house') + gatewayClass)).toEqual(['edge/public-house 80 * plain']);
    expect(routes(ofClass('istio-waypoint'))).toEqual([]);
  });

  it('of a passthrough port lead to other networks by their option, or by the network label and its port', () => {
    const mode = (port: number, labels: string, options = ''): readonly unknown[] => {
      const listener = `[{ name: tls, port: ${port}, protocol: TLS, tls: { mode: Passthrough${options} } }]`;
      const gateway = managedGateway(listener).replace('name: public,', `name: public, labels: { ${labels} },`);
      const enforcement = new Enforcement(meshOf(gateway).mesh);
      const chains = indexGateways(enforcement).proxies.flatMap((proxy) =>
        proxy.listeners.flatMap((each) => each.chains.all),
      );
      return chains.map(({ kind, servers }) => `${kind} ${servers[0]?.tls?.mode}`);
    };
    const AUTO = ['auto-passthrough AUTO_PASSTHROUGH'];
    const network = 'topology.istio.io/network: two';
    expect(mode(15443, network)).toEqual(AUTO);
    expect(mode(15443, 'app: edge')).toEqual([]);
    expect(mode(443, network)).toEqual([]);
    expect(mode(443, `${network}, networking.istio.io/gatewayPort: '443'`)).toEqual(AUTO);
    expect(mode(15443, `${network}, networking.istio.io/gatewayPort: '443'`)).toEqual([]);
    expect(mode(443, '', ', options: { gateway.istio.io/listener-protocol: auto-passthrough }')).toEqual(AUTO);
  });

  it('of ListenerSets belong to a Gateway alone', () => {
    const set = (kind: string): string => `
---
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: { name: team, namespace: shop }
spec:
  parentRef: { kind: ${kind}, name: public, namespace: edge }
  listeners: [{ name: extra, port: 80, protocol: HTTP }]
`;
    const route = ROUTE.replace('{ name: public, namespace: edge }', '{ kind: ListenerSet, name: team }');
    const gateway = managedGateway(
      `[{ name: http, port: 80, protocol: HTTP, hostname: own.example.com }]`,
      ', allowedListeners: { namespaces: { from: All } }',
    );
    expect(routes(gateway + set('Gateway') + route)).toEqual(['edge/public-istio 80 * plain']);
    expect(routes(gateway + set('Service') + route)).toEqual([]);
  });
});
