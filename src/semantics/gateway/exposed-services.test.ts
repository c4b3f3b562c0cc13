import { describe, expect, it } from 'vitest';
import { EDGE_PLATFORM } from '../../../test/edge-platform.ts';
import { meshOf } from '../../../test/mesh-of.ts';
import { exposedServices } from './exposed-services.ts';

const SERVICE = 'metadata: { name: web, namespace: shop }\nspec: { selector: { app: web }';

function exposed(yaml: string): readonly unknown[] {
  return exposedServices(meshOf(yaml).mesh).map(({ workload, port, entry, by }) => [
    workload.id,
    port,
    entry,
    `${by.kind} ${by.namespace}/${by.name}`,
  ]);
}

const serving = (fields: string): string => {
  expect(EDGE_PLATFORM).toContain(SERVICE);
  return EDGE_PLATFORM.replace(SERVICE, `${SERVICE}, ${fields}`);
};

const ingress = (className: string, port: string): string => `
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: front, namespace: shop }
spec:
  ingressClassName: ${className}
  rules: [{ http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { ${port} } } } }] } }]
`;

describe('exposedServices', () => {
  it('leaves out gateways and what the cluster alone reaches', () => {
    expect(exposed(EDGE_PLATFORM)).toEqual([]);
  });

  it('finds Services that are reached from outside, by the port of the pods', () => {
    expect(exposed(serving('type: LoadBalancer'))).toEqual([['shop/web', 9080, 'internet', 'Service shop/web']]);
    expect(exposed(serving('type: NodePort'))).toEqual([['shop/web', 9080, 'node-network', 'Service shop/web']]);
    expect(exposed(serving('externalIPs: [192.0.2.1]'))).toEqual([
      ['shop/web', 9080, 'node-network', 'Service shop/web'],
    ]);
  });

  it('finds ports that pods take of their node', () => {
    const port = 'containerPort: 9080';
    expect(exposed(EDGE_PLATFORM.replace(port, `${port}, hostPort: 9080`))).toEqual([
      ['shop/web', 9080, 'node-network', 'Deployment shop/web'],
    ]);
    expect(
      exposed(
        EDGE_PLATFORM.replace(
          'spec: { containers: [{ name: web',
          'spec: { hostNetwork: true, containers: [{ name: web',
        ),
      ),
    ).toEqual([['shop/web', 9080, 'node-network', 'Deployment shop/web']]);
  });

  it('finds what other ingresses lead to, by number or name of the port', () => {
    const way = [['shop/web', 9080, 'internet', 'Ingress shop/front']];
    expect(exposed(EDGE_PLATFORM + ingress('nginx', 'number: 80'))).toEqual(way);
    expect(exposed(EDGE_PLATFORM + ingress('nginx', 'name: http'))).toEqual(way);
    expect(exposed(EDGE_PLATFORM + ingress('nginx', 'number: 81'))).toEqual([]);
  });

  it('finds routes of Gateways that another controller serves, and no others', () => {
    const route = (className: string): string => `
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: other, namespace: shop }
spec: { gatewayClassName: ${className}, listeners: [{ name: http, port: 80, protocol: HTTP }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web, namespace: shop }
spec: { parentRefs: [{ name: other }], rules: [{ backendRefs: [{ name: web, port: 80 }] }] }
`;
    expect(exposed(EDGE_PLATFORM + route('envoy-gateway'))).toEqual([
      ['shop/web', 9080, 'internet', 'HTTPRoute shop/web'],
    ]);
    expect(exposed(EDGE_PLATFORM + route('istio'))).toEqual([]);
  });
});
