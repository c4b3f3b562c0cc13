import { describe, expect, it } from 'vitest';
import { factsOfText } from '../../test/judge-fixture.ts';

const PASSTHROUGH = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: v1
kind: Namespace
metadata: { name: ingress, labels: { istio-injection: enabled } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: gw, namespace: ingress }
spec:
  selector: { matchLabels: { istio: gw } }
  template:
    metadata: { labels: { istio: gw }, annotations: { inject.istio.io/templates: gateway } }
    spec: { containers: [{ name: istio-proxy, image: auto }] }
---
apiVersion: v1
kind: Service
metadata: { name: gw, namespace: ingress }
spec: { type: LoadBalancer, selector: { istio: gw }, ports: [{ name: tls, port: 443, targetPort: 8443 }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: 'web:1', ports: [{ containerPort: 8443 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ name: tls, port: 443, targetPort: 8443 }] }
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: gw, namespace: ingress }
spec:
  selector: { istio: gw }
  servers: [{ port: { number: 443, name: tls, protocol: TLS }, tls: { mode: PASSTHROUGH }, hosts: [web.example.com] }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web, namespace: shop }
spec:
  hosts: [web.example.com]
  gateways: [ingress/gw]
  tls: [{ match: [{ sniHosts: [web.example.com] }], route: [{ destination: { host: web.shop.svc.cluster.local, port: { number: 443 } } }] }]
`;

const CILIUM = `
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: { name: gate, namespace: ingress }
spec: {}
`;

function throughGateway(text: string) {
  const facts = factsOfText(text, 'shop.yaml');
  const web = facts.mesh.workloads.find(({ name }) => name === 'web');
  if (!web) throw new Error('no workload');
  return facts.entrances.of(web, 8443).filter(({ gateway }) => gateway !== undefined);
}

describe('a way in through a gateway', () => {
  it('rests on nothing of the network where the network has no policies', () => {
    const [entrance] = throughGateway(PASSTHROUGH);
    expect(entrance?.verdict.outcome).toBe('allow');
    expect(entrance?.verdict.assumes.filter((text) => text.includes('the network'))).toEqual([]);
  });

  it('names what it takes the network to admit at the gateway', () => {
    const [entrance] = throughGateway(PASSTHROUGH + CILIUM);
    // Behind it the same object stands in the way of what the gateway sends.
    expect(entrance?.verdict.outcome).toBe('unknown');
    expect(entrance?.verdict.assumes).toContainEqual(
      expect.stringMatching(
        /^the network lets it reach the gateway: CiliumNetworkPolicy ingress\/gate is not modelled/,
      ),
    );
  });
});

const HTTP = `
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: http, namespace: ingress }
spec: { selector: { istio: gw }, servers: [{ port: { number: 8080, name: http, protocol: HTTP }, hosts: ['*'] }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web-http, namespace: shop }
spec:
  hosts: ['*']
  gateways: [ingress/http]
  http: [{ match: [{ uri: { prefix: /app } }], rewrite: { uri: /v1 }, route: [{ destination: { host: web, port: { number: 80 } } }] }]
---
apiVersion: v1
kind: Service
metadata: { name: web-http, namespace: shop }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: 8080 }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: web, namespace: shop }
spec:
  rules:
    - to: [{ operation: { methods: [PATCH], paths: ['*/audit'] } }]
      when: [{ key: 'request.headers[x-team]', values: ['blue*'] }]
`;

describe('a way in by a set', () => {
  it('is found where no tried request gets through', () => {
    const facts = factsOfText(PASSTHROUGH + HTTP.replace('host: web,', 'host: web-http,'), 'shop.yaml');
    const web = facts.mesh.workloads.find(({ name }) => name === 'web');
    if (!web) throw new Error('no workload');
    const [entrance] = facts.entrances.of(web, 8080);
    expect(entrance?.verdict.outcome).toBe('allow');
    expect(entrance?.request.http).toMatchObject({ method: 'PATCH', path: '/app/audit' });
    expect(JSON.stringify(entrance?.request.http?.headers)).toContain('blue');
  });
});
