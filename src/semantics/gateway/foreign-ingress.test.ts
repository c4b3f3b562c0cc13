import { describe, expect, it } from 'vitest';
import { EDGE_PLATFORM } from '../../../test/edge-platform.ts';
import { meshOf } from '../../../test/mesh-of.ts';
import { objectOf } from '../../model/by.ts';
import { foreignIngresses } from './foreign-ingress.ts';

/** Of each way to `shop/web`: the object, the port and where it is written. */
function waysToWeb(yaml: string): readonly unknown[] {
  const { mesh } = meshOf(EDGE_PLATFORM + yaml);
  const service = mesh.services.find(({ id }) => id === 'shop/web');
  const found = (service && foreignIngresses(mesh).get(service.id)) ?? [];
  return found.map(({ what, port, by }) => [what, port, objectOf(by)?.path?.join('.')]);
}

const ingress = (spec: string, version = 'networking.k8s.io/v1'): string => `
---
apiVersion: ${version}
kind: Ingress
metadata: { name: front, namespace: shop }
spec: { ingressClassName: nginx, ${spec} }
`;

describe('foreignIngresses', () => {
  it.each([
    ['port by number', 'port: { number: 80 }', 80],
    ['port by name', 'port: { name: http }', 'http'],
    ['no port', '', undefined],
  ])('reads a backend with %s', (_, port, expected) => {
    const service = `{ name: web${port && `, ${port}`} }`;
    expect(waysToWeb(ingress(`defaultBackend: { service: ${service} }`))).toEqual([
      ['Ingress shop/front', expected, 'spec.defaultBackend'],
    ]);
    expect(
      waysToWeb(ingress(`rules: [{}, { http: { paths: [{ path: /a }, { backend: { service: ${service} } }] } }]`)),
    ).toEqual([['Ingress shop/front', expected, 'spec.rules.1.http.paths.1']]);
  });

  it('reads backends as they were written before networking.k8s.io/v1', () => {
    const backend = 'backend: { serviceName: web, servicePort: http }';
    const old = ingress(`${backend}, rules: [{ http: { paths: [{ ${backend} }] } }]`, 'networking.k8s.io/v1beta1');
    expect(waysToWeb(old)).toEqual([
      ['Ingress shop/front', 'http', 'spec.backend'],
      ['Ingress shop/front', 'http', 'spec.rules.0.http.paths.0'],
    ]);
  });

  it('leads nowhere by a backend that is no Service', () => {
    expect(waysToWeb(ingress('defaultBackend: { resource: { kind: StorageBucket, name: web } }'))).toEqual([]);
  });

  it('follows routes to Gateways of other classes alone', () => {
    const gateway = (className: string): string => `
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: front, namespace: edge }
spec: { gatewayClassName: ${className}, listeners: [{ name: http, port: 80, protocol: HTTP }] }
`;
    const route = (parents: string): string => `
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web, namespace: shop }
spec: { ${parents} rules: [{}, { backendRefs: [{ name: web, port: 80 }] }] }
`;
    const attached = route('parentRefs: [{ name: front, namespace: edge }],');
    expect(waysToWeb(gateway('nginx') + attached)).toEqual([['HTTPRoute shop/web', 80, 'spec.rules.1']]);
    expect(waysToWeb(gateway('istio') + attached)).toEqual([]);
    // A Gateway that the input does not have may be anybody's; a Service is no Gateway, and some routes name no parent.
    expect(waysToWeb(attached)).toEqual([]);
    expect(
      waysToWeb(gateway('nginx') + route('parentRefs: [{ group: "", kind: Service, name: front, namespace: edge }],')),
    ).toEqual([]);
    expect(waysToWeb(gateway('nginx') + route(''))).toEqual([]);
  });
});
