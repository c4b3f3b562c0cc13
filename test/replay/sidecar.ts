import type { Request } from '../../src/result/request.ts';
import { decide } from '../../src/semantics/decide.ts';
import type { Enforcement } from '../../src/semantics/enforcement.ts';
import { resolveRequest } from '../../src/semantics/resolve-request.ts';
import { readVectors } from '../read-vectors.ts';
import { enforcementOf, SCENE_APP, type Scene } from '../sidecar-scene.ts';
import type { Replayed } from './replay.ts';

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
    to: { workload: `${namespace}/${SCENE_APP}`, port, ...(ip ? { ip } : {}) },
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

/** AuthorizationPolicy and RequestAuthentication at a sidecar; `accepted`: by the webhook. */
export function replaySidecars(): readonly (Replayed & { readonly accepted: boolean })[] {
  return readVectors<unknown, AuthzSet>('authz.jsonl')
    .sets.filter(({ istiodFlags }) => !istiodFlags)
    .flatMap((set) => {
      const enforcement = enforcementOf(set);
      return set.vectors.filter(isComparable).map(({ id, request, expected }) => ({
        id,
        expected,
        got: answer(enforcement, requestOf(set, request)),
        accepted: set.admission === 'accepted',
      }));
    });
}

/** PeerAuthentication at a sidecar: per port one connection with mutual TLS and one without. */
export function replayModes(): readonly Replayed[] {
  return readVectors<unknown, ModeVector>('mtls.jsonl')
    .sets.filter(({ admission }) => admission === 'accepted')
    .flatMap((vector) => {
      const { id, request, workload, acceptsMtls, acceptsPlaintext } = vector;
      const enforcement = enforcementOf(vector);
      const to = { workload: `${workload.namespace}/${SCENE_APP}`, port: request.port };
      const http = request.protocol === 'http' ? { http: { method: 'GET', path: '/' } } : {};
      const as = (from: Request['from']): string => answer(enforcement, { from, to, ...http });
      const word = (accepts: boolean): string => (accepts ? 'allow' : 'deny');
      return [
        { id: `${id} mtls`, expected: word(acceptsMtls), got: as({ principal: 'cluster.local/ns/foo/sa/client' }) },
        { id: `${id} plaintext`, expected: word(acceptsPlaintext), got: as({ plaintext: true }) },
      ];
    });
}
