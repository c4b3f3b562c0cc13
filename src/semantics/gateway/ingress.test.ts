import { describe, expect, it } from 'vitest';
import { EDGE_PLATFORM } from '../../../test/edge-platform.ts';
import { meshOf } from '../../../test/mesh-of.ts';
import { Enforcement } from '../enforcement.ts';
import { indexGateways } from './index-gateways.ts';
import { routesOf } from './routes-of.ts';

const PLATFORM = EDGE_PLATFORM.split('---\n').slice(0, -1).join('---\n');

function routes(ingress: string, more = ''): readonly unknown[] {
  const { mesh } = meshOf(`${PLATFORM}---
apiVersion: networking.k8s.io/v1
kind: Ingress
${ingress}
${more}`);
  const enforcement = new Enforcement(mesh);
  return routesOf(enforcement, indexGateways(enforcement)).map(
    ({ listener, hosts, match, service, servicePort, tlsMode, by }) => [
      listener.port,
      hosts.join(),
      match,
      `${service}:${servicePort}`,
      tlsMode,
      by.kind,
    ],
  );
}

const BACKEND = 'backend: { service: { name: web, port: { name: http } } }';
const ANNOTATED = 'metadata: { name: web, namespace: shop, annotations: { kubernetes.io/ingress.class: istio } }';

describe('Ingresses of class istio', () => {
  it('are served at port 80 for their hosts, longest path first', () => {
    const spec = `spec: { rules: [{ host: a.example.com, http: { paths: [
      { path: /, pathType: Prefix, ${BACKEND} }, { path: /admin, pathType: Exact, ${BACKEND} }] } }] }`;
    expect(routes(`${ANNOTATED}\n${spec}`)).toEqual([
      [8080, 'a.example.com', '/admin', 'shop/web:80', null, 'Ingress'],
      [8080, 'a.example.com', '/*', 'shop/web:80', null, 'Ingress'],
    ]);
  });

  it('get port 443 for the hosts of tls, and a host of last resort for the default backend', () => {
    const spec = `spec: { tls: [{ hosts: [a.example.com], secretName: cert }], defaultBackend: { service: { name: web, port: { number: 80 } } } }`;
    expect(routes(`${ANNOTATED}\n${spec}`).map((each) => [each].flat().slice(0, 5))).toEqual([
      [8080, '*', '/*', 'shop/web:80', null],
      [8443, 'a.example.com', '/*', 'shop/web:80', 'SIMPLE'],
    ]);
  });

  it('are told by the controller of their IngressClass too', () => {
    const spec = `metadata: { name: web, namespace: shop }
spec: { ingressClassName: mesh, defaultBackend: { service: { name: web, port: { number: 80 } } } }`;
    const ingressClass = (controller: string): string => `---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: mesh }
spec: { controller: ${controller} }`;
    expect(routes(spec, ingressClass('istio.io/ingress-controller'))).toHaveLength(1);
    expect(routes(spec, ingressClass('k8s.io/ingress-nginx'))).toEqual([]);
  });
});
