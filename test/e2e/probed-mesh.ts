/** One service that another may read in part. */
export const MESH = `apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: shop }
spec: { mtls: { mode: STRICT } }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: api, namespace: shop }
spec:
  selector: { matchLabels: { app: api } }
  rules:
    - from: [{ source: { principals: [cluster.local/ns/shop/sa/web] } }]
      to: [{ operation: { methods: [GET, POST], paths: [/items] } }]
${['api', 'web']
  .map(
    (name) => `---
apiVersion: v1
kind: ServiceAccount
metadata: { name: ${name}, namespace: shop }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: shop }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { serviceAccountName: ${name}, containers: [{ name: app, image: app, ports: [{ containerPort: 8080 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop }
spec: { selector: { app: ${name} }, ports: [{ name: http, port: 80, targetPort: 8080 }] }
`,
  )
  .join('')}`;

/** Both ways, with what is not sent unasked. */
export const SUITE = `apiVersion: meshproof.dev/v1
kind: PolicyTest
metadata: { name: shop }
resources: [mesh.yaml]
cases:
  - name: web may read
    request:
      from: { workload: shop/web }
      to: { service: shop/api, port: 80 }
      http: { method: GET, path: /items, headers: { x-api-key: s3cr3t-in-suite } }
    expect: allow
  - name: "web's page is open"
    request:
      from: { workload: shop/web }
      to: { workload: shop/api, port: 8080 }
      http: { method: GET, path: /items }
    expect: allow
  - name: web may not read the rest
    request:
      from: { workload: shop/web }
      to: { service: shop/api, port: 80 }
      http: { method: GET, path: /admin }
    expect: deny
  - name: web may not delete
    request:
      from: { workload: shop/web }
      to: { service: shop/api, port: 80 }
      http: { method: DELETE, path: /items }
    expect: deny
`;
