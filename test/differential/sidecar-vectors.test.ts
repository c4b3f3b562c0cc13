import { describe, expect, it } from 'vitest';
import { inlineObject } from '../../src/collect/collect.ts';
import { loadMesh } from '../../src/engine/load-mesh.ts';
import type { Request } from '../../src/result/request.ts';
import { decide } from '../../src/semantics/decide.ts';
import { Enforcement } from '../../src/semantics/enforcement.ts';
import { resolveRequest } from '../../src/semantics/resolve-request.ts';
import { readVectors } from '../read-vectors.ts';

interface Port {
  readonly number: number;
  readonly targetPort?: number;
  readonly name: string;
}

interface RecordedWorkload {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccount?: string;
  readonly podIP?: string;
  readonly ports: readonly Port[];
}

interface RecordedRequest {
  readonly protocol: 'http' | 'tcp';
  readonly tls?: 'mtls' | 'plaintext';
  readonly sourcePrincipal?: string | null;
  readonly sourceIP?: string;
  readonly destinationIP?: string;
  readonly port: number;
  readonly sni?: string;
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly jwt?: Readonly<Record<string, unknown>> | null;
  readonly jwtInvalid?: boolean;
}

interface Scene {
  readonly mesh: unknown;
  readonly workload: RecordedWorkload;
  readonly policies: readonly Readonly<Record<string, unknown>>[];
}

interface AuthzSet extends Scene {
  readonly set: string;
  readonly admission: string;
  readonly istiodFlags?: unknown;
  readonly vectors: readonly {
    readonly id: string;
    readonly request: RecordedRequest;
    readonly expected: string;
    readonly denyBy?: string;
    readonly status?: number;
  }[];
}

interface ModeVector extends Scene {
  readonly id: string;
  readonly admission: string;
  readonly request: { readonly port: number; readonly protocol: 'http' | 'tcp' };
  readonly acceptsMtls: boolean;
  readonly acceptsPlaintext: boolean;
}

const APP = 'app';

/** The recorded workload as manifests: an injected pod behind one Service. */
function enforcementOf({ mesh, workload, policies }: Scene): Enforcement {
  const { namespace, labels, serviceAccount = APP, podIP, ports } = workload;
  const objects = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: { 'istio-injection': 'enabled' } } },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'istio', namespace: 'istio-system' },
      data: { mesh: JSON.stringify(mesh) },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: APP, namespace, labels, annotations: { 'sidecar.istio.io/status': '{}' } },
      spec: {
        serviceAccountName: serviceAccount,
        containers: [
          {
            name: APP,
            image: 'app:1',
            ports: ports.map(({ number, targetPort }) => ({ containerPort: targetPort ?? number })),
          },
          { name: 'istio-proxy', image: 'proxyv2:1' },
        ],
      },
      ...(podIP ? { status: { phase: 'Running', podIP } } : {}),
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: APP, namespace },
      spec: {
        selector: labels,
        ports: ports.map(({ number, targetPort, name }) => ({ name, port: number, targetPort: targetPort ?? number })),
      },
    },
    ...policies,
  ];
  return new Enforcement(loadMesh(objects.map((object) => inlineObject(object, 'vector', 1))).mesh);
}

function answer(enforcement: Enforcement, request: Request): string {
  const queries = resolveRequest(enforcement.mesh, request);
  if ('error' in queries) return queries.error;
  const [query] = queries;
  return query ? decide(enforcement, query).outcome : 'no endpoint';
}

function requestOf(set: AuthzSet, recorded: RecordedRequest): Request {
  const { namespace, podIP } = set.workload;
  const {
    protocol,
    tls,
    sourcePrincipal,
    sourceIP = '127.0.0.1',
    destinationIP,
    port,
    sni,
    method = 'GET',
    path = '/',
    host = '',
    headers,
    jwt,
    jwtInvalid,
  } = recorded;
  const ip = destinationIP ?? podIP;
  return {
    from: {
      ...(tls === 'plaintext' ? { plaintext: true as const } : { principal: sourcePrincipal ?? '' }),
      ip: sourceIP,
    },
    to: { workload: `${namespace}/${APP}`, port, ...(ip ? { ip } : {}) },
    ...(protocol === 'http' ? { http: { method, path, host, ...(headers ? { headers } : {}) } } : {}),
    ...(jwt ? { jwt: { payload: jwt, valid: !jwtInvalid } } : {}),
    ...(sni === undefined ? {} : { sni }),
  };
}

/** Answers that the proxy or an external authorizer gives by itself, and tokens in the query, say nothing about policies. */
const isComparable = ({ request, denyBy, status }: AuthzSet['vectors'][number]): boolean =>
  denyBy !== 'ext_authz' &&
  denyBy !== 'http400' &&
  status !== 400 &&
  !(request.headers ?? []).some(([name]) => /^x-ext-authz$/i.test(name)) &&
  !/access_token=/.test(request.path ?? '');

describe('sidecars decide as recorded from istiod and Envoy', () => {
  const { sets } = readVectors<unknown, AuthzSet>('authz.jsonl');
  const recorded = sets.filter(({ istiodFlags }) => !istiodFlags);

  it.each([
    ['objects that the webhook accepts', recorded.filter(({ admission }) => admission === 'accepted'), 3949],
    [
      'objects that got in although the webhook refuses them',
      recorded.filter(({ admission }) => admission !== 'accepted'),
      281,
    ],
  ] as const)('%s', (_name, group, count) => {
    const cases = group.flatMap((set) => {
      const enforcement = enforcementOf(set);
      return set.vectors
        .filter(isComparable)
        .map(({ id, request, expected }) => ({ id, expected, got: answer(enforcement, requestOf(set, request)) }));
    });
    expect(cases.filter(({ expected, got }) => expected !== got)).toEqual([]);
    expect(cases).toHaveLength(count);
  });
});

describe('PeerAuthentication comes out per port as recorded', () => {
  const { sets } = readVectors<unknown, ModeVector>('mtls.jsonl');
  const modes = sets.filter(({ admission }) => admission === 'accepted');

  it('accepts what was accepted, with and without mutual TLS', () => {
    const wrong = modes.flatMap((vector) => {
      const { request, workload } = vector;
      const enforcement = enforcementOf(vector);
      const to = { workload: `${workload.namespace}/${APP}`, port: request.port };
      const http = request.protocol === 'http' ? { http: { method: 'GET', path: '/' } } : {};
      const mtls = answer(enforcement, { from: { principal: 'cluster.local/ns/foo/sa/client' }, to, ...http });
      const plaintext = answer(enforcement, { from: { plaintext: true }, to, ...http });
      const expected = [vector.acceptsMtls, vector.acceptsPlaintext].map((accepts) => (accepts ? 'allow' : 'deny'));
      return mtls === expected[0] && plaintext === expected[1]
        ? []
        : [{ id: vector.id, expected, got: [mtls, plaintext] }];
    });
    expect(wrong).toEqual([]);
    expect(modes.length).toBeGreaterThan(100);
  });
});
