import type { By } from '../../src/result/location.ts';
import type { AuditResult, PortResult, WorkloadResult } from '../../src/result/types.ts';

export const cluster = 'prod';

export const at = (file: string, line: number, column = 3) => ({ file: `payments-prod/${file}`, line, column });

export const policy = (namespace: string, name: string, line: number, rule?: number): By => ({
  kind: 'AuthorizationPolicy',
  namespace,
  name,
  ...(rule === undefined ? {} : { rule }),
  location: at('policies.yaml', line),
});

const peerAuthentication = (namespace: string, name: string, line: number): By => ({
  kind: 'PeerAuthentication',
  namespace,
  name,
  clause: 'mtls.mode',
  location: at('policies.yaml', line),
});

export const principal = (namespace: string, serviceAccount: string) =>
  `cluster.local/ns/${namespace}/sa/${serviceAccount}`;

interface WorkloadSeed {
  namespace: string;
  name: string;
  line: number;
  ports: number[];
  kind?: string;
  owner?: string;
  plane?: WorkloadResult['dataPlane']['kind'];
  serviceAccount?: string;
  mode?: PortResult['mtls']['mode'];
  posture?: PortResult['authorization']['posture'];
  policies?: By[];
  callers?: string[];
  exposure?: Partial<PortResult['exposure']>;
  sensitivity?: WorkloadResult['sensitivity'];
}

export function workload(seed: WorkloadSeed): WorkloadResult {
  const { namespace, name, plane = 'sidecar', mode = plane === 'none' ? 'none' : 'STRICT', posture = 'none' } = seed;
  const open = mode !== 'STRICT';
  return {
    id: `${namespace}/${name}`,
    cluster,
    namespace,
    name,
    kind: seed.kind ?? 'Deployment',
    ...(seed.owner ? { owner: seed.owner } : {}),
    location: at('workloads.yaml', seed.line),
    identity: plane === 'none' ? null : principal(namespace, seed.serviceAccount ?? name),
    dataPlane: { kind: plane, status: 'INFERRED', why: whyOf(plane, namespace) },
    ...(seed.sensitivity ? { sensitivity: seed.sensitivity } : {}),
    ports: seed.ports.map((port) => ({
      port,
      protocol: port === 5432 ? 'TCP' : 'HTTP',
      mtls: {
        mode,
        status: 'INFERRED',
        by:
          mode === 'none' || namespace === 'shop'
            ? null
            : peerAuthentication(namespace, 'default', mode === 'STRICT' ? 3 : 12),
      },
      exposure: {
        internet: false,
        nodeNetwork: false,
        plaintext: open,
        anyIdentity: posture === 'none' || posture === 'allow-any',
        identities: seed.callers ?? [],
        ...(open
          ? {
              witness: {
                from: { plaintext: true as const, as: 'attacker' as const },
                to: { workload: `${namespace}/${name}`, port },
              },
            }
          : {}),
        ...seed.exposure,
      },
      authorization: { posture, policies: seed.policies ?? [], status: 'INFERRED' },
    })),
  };
}

function whyOf(plane: WorkloadResult['dataPlane']['kind'], namespace: string): string {
  switch (plane) {
    case 'sidecar':
      return `namespace ${namespace} is labelled istio-injection=enabled`;
    case 'ambient':
      return `namespace ${namespace} is labelled istio.io/dataplane-mode=ambient`;
    case 'gateway':
      return 'the pod template asks for gateway injection (inject.istio.io/templates: gateway)';
    case 'none':
      return `nothing enrols namespace ${namespace}`;
  }
}

export function sampleInventory(): AuditResult['inventory'] {
  const cardholder = { level: 'critical', why: 'cardholder data', status: 'INFERRED' } as const;
  const workloads = [
    workload({
      namespace: 'analytics',
      name: 'reporter',
      line: 401,
      ports: [9000],
      plane: 'ambient',
      owner: 'data',
      posture: 'restricted',
      policies: [policy('analytics', 'allow-grafana', 92, 0)],
      callers: [principal('monitoring', 'grafana')],
    }),
    workload({
      namespace: 'checkout',
      name: 'cart',
      line: 210,
      ports: [8080],
      serviceAccount: 'checkout',
      owner: 'shop',
      posture: 'restricted',
      policies: [policy('checkout', 'allow-web', 80, 0)],
      callers: [principal('shop', 'web')],
    }),
    workload({
      namespace: 'checkout',
      name: 'checkout-api',
      line: 160,
      ports: [8080],
      serviceAccount: 'checkout',
      owner: 'shop',
      posture: 'restricted',
      policies: [policy('checkout', 'allow-web', 80, 0)],
      callers: [principal('shop', 'web')],
    }),
    workload({
      namespace: 'istio-ingress',
      name: 'public',
      line: 12,
      ports: [8443],
      plane: 'gateway',
      mode: 'none',
      owner: 'platform',
      exposure: {
        internet: true,
        plaintext: false,
        witness: {
          from: { internet: true },
          to: { gateway: 'istio-ingress/public', port: 8443 },
          http: { method: 'GET', path: '/', host: 'shop.example.com' },
        },
      },
    }),
    workload({ namespace: 'legacy', name: 'batch', line: 520, ports: [8080], kind: 'CronJob', plane: 'none' }),
    workload({
      namespace: 'legacy',
      name: 'printer',
      line: 560,
      ports: [631],
      kind: 'DaemonSet',
      plane: 'none',
      exposure: { nodeNetwork: true },
    }),
    workload({
      namespace: 'payments',
      name: 'ledger',
      line: 320,
      ports: [8080, 5432],
      kind: 'StatefulSet',
      owner: 'payments',
      mode: 'PERMISSIVE',
      posture: 'allow-any',
      policies: [policy('payments', 'allow-everything', 41, 0)],
      sensitivity: cardholder,
    }),
    workload({
      namespace: 'payments',
      name: 'payments-api',
      line: 280,
      ports: [8080],
      owner: 'payments',
      mode: 'PERMISSIVE',
      posture: 'restricted',
      policies: [policy('payments', 'allow-checkout', 55, 0), policy('payments', 'deny-admin', 70, 0)],
      callers: [principal('checkout', 'checkout')],
    }),
    workload({
      namespace: 'payments',
      name: 'refunds',
      line: 361,
      ports: [8080],
      owner: 'payments',
      mode: 'PERMISSIVE',
      posture: 'conditional',
      policies: [policy('payments', 'refunds-dry-run', 101, 0)],
    }),
    workload({
      namespace: 'shop',
      name: 'recommendations',
      line: 90,
      ports: [8080],
      owner: 'shop',
      mode: 'PERMISSIVE',
    }),
    workload({
      namespace: 'shop',
      name: 'search',
      line: 120,
      ports: [8080],
      owner: 'shop',
      mode: 'STRICT',
      posture: 'deny-all',
      policies: [policy('shop', 'deny-all', 30)],
    }),
    workload({
      namespace: 'shop',
      name: 'web',
      line: 40,
      ports: [8080, 9090],
      owner: 'shop',
      mode: 'PERMISSIVE',
      exposure: { internet: true, plaintext: true },
    }),
  ];
  const identities = [...new Set(workloads.flatMap((each) => each.identity ?? []))].sort();
  return {
    clusters: [cluster],
    services: [
      {
        id: 'payments/ledger',
        cluster,
        type: 'ClusterIP',
        ports: [
          { port: 80, name: 'http', protocol: 'HTTP' },
          { port: 5432, name: 'tcp-db', protocol: 'TCP' },
        ],
        workloads: ['payments/ledger'],
      },
      { id: 'shop/web', cluster, type: 'ClusterIP', ports: [{ port: 80, protocol: 'HTTP' }], workloads: ['shop/web'] },
      {
        id: 'istio-ingress/public',
        cluster,
        type: 'LoadBalancer',
        ports: [{ port: 443, name: 'https', protocol: 'HTTPS' }],
        workloads: ['istio-ingress/public'],
      },
    ],
    identities: identities.map((each) => ({
      principal: each,
      workloads: workloads.filter((w) => w.identity === each).map((w) => w.id),
    })),
    gateways: [
      {
        workload: 'istio-ingress/public',
        kind: 'istio',
        exposed: 'internet',
        why: 'Service istio-ingress/public is of type LoadBalancer',
        listeners: [
          {
            port: 8443,
            protocol: 'HTTPS',
            hosts: ['shop.example.com'],
            tls: 'SIMPLE, at least TLS 1.2',
            location: at('ingress.yaml', 8),
          },
        ],
        routes: [
          {
            hosts: ['shop.example.com'],
            match: 'prefix /',
            to: 'shop/web:80',
            workloads: ['shop/web'],
            access: 'open',
            location: at('ingress.yaml', 31),
          },
        ],
      },
    ],
    externalHosts: ['api.stripe.example'],
    workloads,
  };
}
