import { describe, expect, it } from 'vitest';
import { meshOf } from '../../../test/mesh-of.ts';
import { type Manifest, readVectors } from '../../../test/read-vectors.ts';
import type { Principal } from '../../model/inventory/types.ts';
import type { ClientTls } from '../../result/request.ts';
import { Enforcement } from '../enforcement.ts';
import { decideAtGateway } from './decide-at-gateway.ts';
import type { GatewayVerdict } from './gateway-verdict.ts';
import { indexGateways } from './index-gateways.ts';
import { routesOf } from './routes-of.ts';

interface RecordedService {
  readonly name: string;
  readonly namespace: string;
  readonly ports: readonly { readonly number: number; readonly name: string; readonly targetPort?: number }[];
}

interface Header {
  readonly defaultServices: readonly RecordedService[];
}

interface Vector {
  readonly id: string;
  readonly request: {
    readonly port: number;
    readonly protocol?: string;
    readonly host?: string;
    readonly method?: string;
    readonly path?: string;
    readonly headers?: readonly (readonly [string, string])[];
    readonly tls?: string;
    readonly sni?: string;
    readonly alpn?: readonly string[];
    readonly clientCert?: string;
    readonly sourceIP?: string;
    readonly jwt?: Readonly<Record<string, unknown>>;
    readonly jwtInvalid?: boolean;
  };
  readonly expected: {
    readonly result: 'routed' | 'denied' | 'not-routed';
    readonly to?: string;
    readonly by?: string;
    readonly reason?: string;
    readonly pathAfterRewrite?: string;
    readonly hostAfterRewrite?: string;
    readonly viaTcpProxy?: boolean;
    readonly tokenForwarded?: boolean;
  };
}

interface RecordedSet {
  readonly set: string;
  readonly mesh: object;
  readonly api: string;
  readonly gateway: {
    readonly namespace: string;
    readonly labels: Record<string, string>;
    readonly serviceAccount: string;
  };
  readonly services?: readonly RecordedService[];
  readonly gatewayServices?: readonly RecordedService[];
  readonly resources: readonly Manifest[];
  readonly vectors: readonly Vector[];
}

const { header, sets } = readVectors<Header, RecordedSet>('gateway.jsonl');

/** Manifests that show what the recorder set up besides the objects of a set. */
function manifests({ gateway, mesh, api, services, gatewayServices, resources }: RecordedSet): readonly object[] {
  const { namespace, labels, serviceAccount } = gateway;
  const backends = services ?? header.defaultServices;
  const namespaces = new Set([
    'default',
    'other',
    'istio-system',
    namespace,
    ...backends.map((each) => each.namespace),
  ]);
  const service = ({ name, namespace: ns, ports }: RecordedService, selector: object, type = 'ClusterIP') => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: ns },
    spec: {
      type,
      selector,
      ports: ports.map((port) => ({ name: port.name, port: port.number, targetPort: port.targetPort ?? port.number })),
    },
  });
  const pod = (ns: string, name: string, own: object, container: string, annotations = {}) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: ns, labels: own, annotations },
    spec: {
      serviceAccountName: container === 'istio-proxy' ? serviceAccount : name,
      containers: [{ name: container, image: `registry.example/${container}:1` }],
    },
  });
  return [
    ...[...namespaces].map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: name === 'other' ? { team: 'red' } : {} },
    })),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'istio', namespace: 'istio-system' },
      data: { mesh: JSON.stringify(mesh) },
    },
    ...(api === 'gateway-api'
      ? [
          {
            apiVersion: 'gateway.networking.k8s.io/v1',
            kind: 'GatewayClass',
            metadata: { name: 'istio' },
            spec: { controllerName: 'istio.io/gateway-controller' },
          },
        ]
      : []),
    pod(namespace, 'gateway', labels, 'istio-proxy', { 'inject.istio.io/templates': 'gateway' }),
    ...(gatewayServices ?? []).map((each) => service(each, labels, 'LoadBalancer')),
    ...backends.map((each) => service(each, { app: each.name })),
    ...backends.map((each) => pod(each.namespace, each.name, { app: each.name }, 'app')),
    ...resources,
  ];
}

function clientCertificate(written: string): NonNullable<ClientTls['clientCert']> {
  if (written === 'untrusted') return { trusted: false };
  return written.startsWith('dns:') ? { dns: written.slice(4) } : { principal: written };
}

function clientTls({ tls, sni = '', alpn, clientCert }: Vector['request']): ClientTls | undefined {
  if (!tls || tls === 'none') return undefined;
  return { sni, ...(alpn ? { alpn } : {}), ...(clientCert ? { clientCert: clientCertificate(clientCert) } : {}) };
}

function replay(set: RecordedSet): (vector: Vector) => GatewayVerdict {
  const { mesh, workload } = meshOf(
    manifests(set)
      .map((manifest) => JSON.stringify(manifest))
      .join('\n---\n'),
  );
  const enforcement = new Enforcement(mesh);
  const index = indexGateways(enforcement);
  const gateway = workload(`${set.gateway.namespace}/gateway`);
  return ({ request }) => {
    const tls = clientTls(request);
    const isExpired = typeof request.jwt?.exp === 'number' && request.jwt.exp < 2e9;
    const { method = 'GET', path = '/', host = 'a.example.com', headers = [] } = request;
    // A token that the recorder wrote by hand is one that fails validation.
    const isBroken = headers.some(([name, value]) => name === 'authorization' && value.startsWith('Bearer '));
    const claims = request.jwt ?? (isBroken ? {} : undefined);
    return decideAtGateway(enforcement, index, {
      client: 'attacker',
      source: {
        position: { kind: 'internet' },
        identity: null as Principal | null,
        ip: request.sourceIP ?? '127.0.0.1',
      },
      destination: { workload: gateway, port: request.port },
      transport: 'TCP',
      ...((request.protocol ?? 'http') === 'http' ? { http: { method, path, host, headers } } : {}),
      ...(claims ? { token: { claims, valid: !request.jwtInvalid && !isExpired && !isBroken } } : {}),
      ...(tls ? { tls } : {}),
    });
  };
}

/** Istio leaves a listener out whose Secret is missing. Secrets are never read, so that they are taken to exist. */
const WITHOUT_SECRET = 'k8s-https-nosecret';
const replayed = sets.filter(({ set }) => set !== WITHOUT_SECRET).map((set) => [set.set, set] as const);

describe('gateways against istiod and Envoy', () => {
  it('holds the whole recording', () => {
    expect(sets.length).toBe(239);
    expect(sets.reduce((sum, { vectors }) => sum + vectors.length, 0)).toBe(2474);
  });

  it.each(replayed)('%s', (_name, set) => {
    const decide = replay(set);
    for (const vector of set.vectors) {
      const { expected, id, request } = vector;
      const verdict = decide(vector);
      const said = `${id}: ${verdict.reason}`;
      expect(verdict.outcome, said).toBe(expected.result === 'routed' ? 'allow' : 'deny');
      expect(verdict.routed, said).toBe(expected.to);
      if (expected.result === 'denied') {
        expect(verdict.by?.kind, said).toBe(expected.by === 'jwt' ? 'RequestAuthentication' : 'AuthorizationPolicy');
      }
      const [backend] = verdict.backends;
      if (backend?.http && !expected.viaTcpProxy) {
        expect(backend.http.path, said).toBe(expected.pathAfterRewrite ?? request.path ?? '/');
        expect(backend.http.host, said).toBe(expected.hostAfterRewrite ?? request.host ?? 'a.example.com');
      }
      if (request.jwt && backend) expect(backend.forwardsToken, said).toBe(expected.tokenForwarded ?? false);
    }
  });
});

describe('routesOf on the same meshes', () => {
  it.each(replayed)(
    '%s: every witness takes its route, and no destination that was recorded is missing',
    (_name, set) => {
      const { mesh } = meshOf(
        manifests({ ...set, resources: set.resources.filter(({ kind }) => kind !== 'AuthorizationPolicy') })
          .map((each) => JSON.stringify(each))
          .join('\n---\n'),
      );
      const enforcement = new Enforcement(mesh);
      const index = indexGateways(enforcement);
      const routes = routesOf(enforcement, index);
      for (const { query, service, servicePort, match } of routes) {
        const verdict = decideAtGateway(enforcement, index, query);
        expect(verdict.outcome, `${match}: ${verdict.reason}`).toBe('allow');
        expect(verdict.backends.map(({ label }) => label)).toContain(`${service}:${servicePort}`);
      }
      const labels = new Set(routes.map(({ service, servicePort }) => `${service}:${servicePort}`));
      for (const { expected, id } of set.vectors) if (expected.to) expect(labels, id).toContain(expected.to);
    },
  );
});
