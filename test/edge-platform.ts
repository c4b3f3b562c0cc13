/** A gateway `edge/gateway` behind a load balancer, an application `shop/web`, and a Gateway `edge/public` for plain HTTP without routes. */
export const EDGE_PLATFORM = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: gateway, namespace: edge }
spec:
  template:
    metadata:
      labels: { istio: ingressgateway, sidecar.istio.io/inject: 'true' }
      annotations: { inject.istio.io/templates: gateway }
    spec: { serviceAccountName: gateway, containers: [{ name: istio-proxy, image: auto }] }
---
apiVersion: v1
kind: Service
metadata: { name: gateway, namespace: edge }
spec:
  type: LoadBalancer
  selector: { istio: ingressgateway }
  ports: [{ name: http, port: 80, targetPort: 8080 }, { name: https, port: 443, targetPort: 8443 }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  template:
    metadata: { labels: { app: web, version: v1 } }
    spec: { containers: [{ name: web, image: web, ports: [{ containerPort: 9080 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: 9080 }] }
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: public, namespace: edge }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ['*'] }]
`;

/** A route action that leads to `shop/web`. */
export const TO_WEB = 'route: [{ destination: { host: web } }]';

/** A VirtualService for `shop.example.com` at `edge/public`, with these `http` routes and more lines of `spec`. */
export const virtualService = (name: string, http: string, extra = ''): string => `
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${name}, namespace: shop }
spec: { hosts: [shop.example.com], gateways: [edge/public], http: ${http}${extra} }
`;

/** A Service that no workload is behind. */
export const OTHER_SERVICE = `
---
apiVersion: v1
kind: Service
metadata: { name: other, namespace: shop }
spec: { selector: { app: other }, ports: [{ name: http, port: 80 }] }
`;
