import { inlineObject } from '../../src/collect/collect.ts';
import { loadMesh } from '../../src/engine/load-mesh.ts';
import type { Request } from '../../src/result/request.ts';
import { decide } from '../../src/semantics/decide.ts';
import { Enforcement } from '../../src/semantics/enforcement.ts';
import { resolveRequest } from '../../src/semantics/resolve-request.ts';
import { type Manifest, readVectors } from '../read-vectors.ts';
import type { Replayed } from './replay.ts';

interface Header {
  readonly waypoint: {
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly serviceAccount: string;
  };
  readonly resources: readonly Manifest[];
}

interface RecordedRequest {
  readonly to: string;
  readonly port: number;
  readonly protocol?: 'http' | 'tcp';
  readonly sourcePrincipal?: string | null;
  readonly sourceIP?: string;
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly jwt?: Readonly<Record<string, unknown>> | null;
  readonly jwtInvalid?: boolean;
  readonly sni?: string;
}

interface WaypointSet {
  readonly set: string;
  readonly admission: string;
  readonly mesh: unknown;
  readonly policies: readonly Manifest[];
  readonly vectors: readonly {
    readonly id: string;
    readonly request: RecordedRequest;
    readonly expected: string;
    readonly status?: number;
  }[];
}

const { header, sets } = readVectors<Header, WaypointSet>('waypoint.jsonl');

/** The recorder's objects as a cluster holds them: namespaces in ambient, a waypoint for all traffic, pods that are redirected. */
function inCluster(object: Manifest): Manifest {
  const { metadata } = object;
  if (object.kind === 'Namespace')
    return { ...object, metadata: { ...metadata, labels: { 'istio.io/dataplane-mode': 'ambient' } } };
  if (object.kind === 'Gateway')
    return { ...object, metadata: { ...metadata, labels: { 'istio.io/waypoint-for': 'all' } } };
  if (object.kind === 'Pod')
    return { ...object, metadata: { ...metadata, annotations: { 'ambient.istio.io/redirection': 'enabled' } } };
  return object;
}

function enforcementOf({ mesh, policies }: WaypointSet): Enforcement {
  const { namespace, labels, serviceAccount } = header.waypoint;
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'waypoint', namespace, labels },
    spec: { serviceAccountName: serviceAccount, containers: [{ name: 'istio-proxy', image: 'proxyv2:1' }] },
  };
  const config = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'istio', namespace: 'istio-system' },
    data: { mesh: JSON.stringify(mesh) },
  };
  const objects = [...header.resources.map(inCluster), pod, config, ...policies];
  return new Enforcement(loadMesh(objects.map((object) => inlineObject({ ...object }, 'vector', 1))).mesh);
}

function requestOf(recorded: RecordedRequest): Request {
  const [kind, name = ''] = recorded.to.split(' ');
  const { port, sourcePrincipal, sourceIP: ip = '127.0.0.1', protocol = 'http', method = 'GET', path = '/' } = recorded;
  const { host = 'app.default', headers, jwt, jwtInvalid, sni } = recorded;
  const to =
    kind === 'Service' ? { service: name } : kind === 'ServiceEntry' ? { serviceEntry: name } : { workload: name };
  return {
    from: sourcePrincipal ? { principal: sourcePrincipal, ip } : { plaintext: true, ip },
    to: { ...to, port, at: 'waypoint' },
    ...(protocol === 'http' ? { http: { method, path, host, ...(headers ? { headers } : {}) } } : {}),
    ...(jwt ? { jwt: { payload: jwt, valid: !jwtInvalid } } : {}),
    ...(sni === undefined ? {} : { sni }),
  };
}

/** What a waypoint alone decides, for services, ServiceEntries and pods. */
export function replayWaypoints(): readonly Replayed[] {
  return sets
    .filter(({ admission }) => admission === 'accepted')
    .flatMap((set) => {
      const enforcement = enforcementOf(set);
      return set.vectors
        .filter(({ status }) => status !== 400)
        .map(({ id, request, expected }) => {
          const queries = resolveRequest(enforcement.mesh, requestOf(request));
          const [query] = 'error' in queries ? [] : queries;
          return { id, expected, got: query ? decide(enforcement, query).outcome : 'unresolved' };
        });
    });
}
