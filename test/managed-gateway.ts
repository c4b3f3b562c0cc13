/** An application `shop/web`, and a Gateway API Gateway `edge/public` with these listeners, which istiod deploys. */
export const managedGateway = (listeners: string, spec = ''): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: web, ports: [{ containerPort: 9080 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: 9080 }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: public, namespace: edge }
spec: { gatewayClassName: istio, listeners: ${listeners} ${spec} }
`;

/** A route of `shop` that attaches to `edge/public`; `spec` is the rest of its spec. */
export const gatewayRoute = (kind: string, spec: string, name = 'web', namespace = 'shop'): string => `
---
apiVersion: gateway.networking.k8s.io/v1
kind: ${kind}
metadata: { name: ${name}, namespace: ${namespace} }
spec: { parentRefs: [{ name: public, namespace: edge }], ${spec} }
`;
