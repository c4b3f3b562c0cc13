import type { Principal } from '../../src/model/inventory/types.ts';
import type { ClientTls } from '../../src/result/request.ts';
import { Enforcement } from '../../src/semantics/enforcement.ts';
import { decideAtGateway } from '../../src/semantics/gateway/decide-at-gateway.ts';
import type { GatewayVerdict } from '../../src/semantics/gateway/gateway-verdict.ts';
import { indexGateways } from '../../src/semantics/gateway/index-gateways.ts';
import { meshOf } from '../mesh-of.ts';
import { type Manifest, readVectors } from '../read-vectors.ts';
import type { Replayed } from './replay.ts';

interface RecordedService {
  readonly name: string;
  readonly namespace: string;
  readonly ports: readonly { readonly number: number; readonly name: string; readonly targetPort?: number }[];
}

interface Header {
  readonly defaultServices: readonly RecordedService[];
}

export interface GatewayVector {
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

export interface GatewaySet {
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
  readonly vectors: readonly GatewayVector[];
}

const recording = readVectors<Header, GatewaySet>('gateway.jsonl');

/** Manifests that show what the recorder set up besides the objects of a set. */
export function manifestsOfGateway({
  gateway,
  mesh,
  api,
  services,
  gatewayServices,
  resources,
}: GatewaySet): readonly object[] {
  const { namespace, labels, serviceAccount } = gateway;
  const backends = services ?? recording.header.defaultServices;
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

function clientTls({ tls, sni = '', alpn, clientCert }: GatewayVector['request']): ClientTls | undefined {
  if (!tls || tls === 'none') return undefined;
  return { sni, ...(alpn ? { alpn } : {}), ...(clientCert ? { clientCert: clientCertificate(clientCert) } : {}) };
}

export function askGateway(set: GatewaySet): (vector: GatewayVector) => GatewayVerdict {
  const { mesh, workload } = meshOf(
    manifestsOfGateway(set)
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

export const gatewaySets = recording.sets;

/** Routed where, or refused. */
export function replayGateways(): readonly Replayed[] {
  return gatewaySets.flatMap((set) => {
    const ask = askGateway(set);
    return set.vectors.map((vector) => {
      const { outcome, routed } = ask(vector);
      const { result, to } = vector.expected;
      return {
        id: vector.id,
        expected: result === 'routed' ? `routed to ${to}` : 'refused',
        got: outcome === 'allow' ? `routed to ${routed}` : 'refused',
      };
    });
  });
}
