/** An ambient mesh of two replicas behind policies, and what a ztunnel of it would say, for tests that change one or the other. */
export const AMBIENT_MESH = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio.io/dataplane-mode: ambient } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: cart, namespace: shop }
spec:
  replicas: 2
  selector: { matchLabels: { app: cart } }
  template:
    metadata: { labels: { app: cart } }
    spec:
      serviceAccountName: cart
      containers: [{ name: cart, image: cart:1, ports: [{ containerPort: 8080 }, { containerPort: 9090 }] }]
---
apiVersion: v1
kind: Service
metadata: { name: cart, namespace: shop }
spec:
  selector: { app: cart }
  ports: [{ name: http, port: 80, targetPort: 8080 }, { name: tcp-admin, port: 90, targetPort: 9090 }]
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: cart, namespace: shop }
spec:
  selector: { matchLabels: { app: cart } }
  mtls: { mode: STRICT }
  portLevelMtls: { 9090: { mode: PERMISSIVE } }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: front-only, namespace: shop }
spec:
  selector: { matchLabels: { app: cart } }
  rules:
    - from: [{ source: { principals: [cluster.local/ns/shop/sa/front] } }]
      to: [{ operation: { ports: ["8080", "9090"] } }]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: not-from-lab, namespace: shop }
spec:
  action: DENY
  rules: [{ from: [{ source: { namespaces: [shop], ipBlocks: [10.9.0.0/16] } }] }]
`;

export interface SceneEntry {
  workloadIps: string[];
  protocol: string;
  networkMode: string;
  name: string;
  namespace: string;
  workloadName: string;
  node: string;
  authorizationPolicies: string[];
  [field: string]: unknown;
}

export interface SceneDump {
  certificates: unknown[];
  config: { localNode?: string };
  policies: Record<string, unknown>[];
  services: Record<string, unknown>[];
  version: { version: string };
  workloadState?: Record<string, unknown>;
  workloads: SceneEntry[];
}

const entry = (name: string, ip: string): SceneEntry => ({
  authorizationPolicies: ['shop/front-only', 'shop/converted_peer_authentication_cart'],
  clusterId: 'Kubernetes',
  name,
  namespace: 'shop',
  networkMode: 'Standard',
  node: 'node-1',
  protocol: 'HBONE',
  serviceAccount: 'cart',
  status: 'Healthy',
  trustDomain: 'cluster.local',
  workloadIps: [ip],
  workloadName: 'cart',
  workloadType: 'pod',
});

const clause = (...matches: unknown[]): unknown[] => matches;

/** As the ztunnel of node-1 writes it, with something changed. */
export function ztunnelSays(change: (dump: SceneDump) => void = () => undefined): string {
  const dump: SceneDump = {
    certificates: [
      {
        certChain: [
          {
            expirationTime: '2026-11-25T00:00:00Z',
            pem: 'UExBTlRFRC1jZXJ0aWZpY2F0ZQ==',
            serialNumber: '1',
            validFrom: '2026-11-24T00:00:00Z',
          },
        ],
        identity: 'spiffe://cluster.local/ns/shop/sa/cart',
        rootCerts: [],
        state: 'Available',
      },
    ],
    config: { localNode: 'node-1' },
    policies: [
      {
        action: 'Allow',
        name: 'front-only',
        namespace: 'shop',
        rules: [
          [
            clause({ destinationPorts: [9090, 8080] }),
            clause({ principals: [{ Exact: 'cluster.local/ns/shop/sa/front' }] }),
          ],
        ],
        scope: 'WorkloadSelector',
      },
      {
        action: 'Deny',
        name: 'not-from-lab',
        namespace: 'shop',
        rules: [[clause({ namespaces: [{ Exact: 'shop' }], sourceIps: ['10.9.0.0/16'] })]],
        scope: 'Namespace',
      },
      {
        action: 'Deny',
        name: 'converted_peer_authentication_cart',
        namespace: 'shop',
        rules: [[clause({ notPrincipals: [{ Presence: [] }] }), clause({ notDestinationPorts: [9090] })]],
        scope: 'WorkloadSelector',
      },
    ],
    services: [
      { hostname: 'cart.shop.svc.cluster.local', name: 'cart', namespace: 'shop', ports: {}, vips: ['/10.96.0.9'] },
    ],
    version: { version: '1.29.0' },
    workloads: [entry('cart-6c5f7bb9d4-aaaaa', '10.0.0.1'), entry('cart-6c5f7bb9d4-bbbbb', '10.0.0.2')],
  };
  change(dump);
  return JSON.stringify(dump, null, 2);
}
