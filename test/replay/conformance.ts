import { readdirSync, readFileSync } from 'node:fs';
import type { Request } from '../../src/result/request.ts';
import { decideRequest } from '../../src/semantics/decide-request.ts';
import type { Enforcement } from '../../src/semantics/enforcement.ts';
import type { Replayed } from './replay.ts';
import { enforcementOf, SCENE_APP, SCENE_CLIENT, type SceneClient, type SceneWorkload } from '../sidecar-scene.ts';

interface Vector {
  readonly port: number;
  readonly protocol?: 'http2' | 'tcp';
  readonly principal?: string;
  readonly sourceIP?: string;
  readonly sni?: string;
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly jwt?: Readonly<Record<string, unknown>>;
  /** Where the token stands; absent: after `Bearer ` in Authorization. */
  readonly tokenIn?: NonNullable<Request['jwt']>['in'];
  readonly badSignature?: boolean;
  readonly verdict: 'allow' | 'deny';
  /** An external authorizer must approve; the verdict is what happens when it does. */
  readonly asks?: boolean;
}

interface ConformanceSet {
  readonly set: string;
  readonly about?: string;
  readonly admission?: string;
  readonly mesh?: unknown;
  readonly workload?: SceneWorkload;
  /** Its own sidecar sends the requests to the workload's Service, whose ports they name. */
  readonly client?: SceneClient;
  readonly policies: readonly Readonly<Record<string, unknown>>[];
  readonly vectors: readonly Vector[];
}

interface ConformanceHeader {
  readonly istio: string;
  readonly envoy: string;
}

interface ReplayedVector extends Replayed {
  readonly area: string;
  readonly accepted: boolean;
  readonly request: Vector;
}

const FOLDER = new URL('../../conformance/vectors/', import.meta.url);

/** What the recorder takes where a set names no workload (conformance/internal/testcase/complete.go). */
const DEFAULT_WORKLOAD: SceneWorkload = {
  namespace: 'foo',
  labels: { app: 'httpbin', version: 'v1' },
  serviceAccount: 'httpbin',
  ports: [
    { number: 80, targetPort: 8080, name: 'http' },
    { number: 9000, name: 'tcp' },
    { number: 90, targetPort: 9090, name: 'http-admin' },
    { number: 8000, name: 'any' },
  ],
};

/** The external authorizers that the recorder registers (conformance/internal/istiod/services.go). */
const AUTHORIZERS = { 'authz/approve': [8000, 9000], 'authz/dead': [8000, 9000] };

/** Replays everything that conformance/ recorded. */
export function replayConformance(): {
  readonly header: ConformanceHeader;
  readonly replayed: readonly ReplayedVector[];
} {
  const files = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.jsonl'))
    .sort();
  const read = files.map((name) => {
    const lines = readFileSync(new URL(name, FOLDER), 'utf8').trimEnd().split('\n');
    const [header, ...sets] = lines.map((line) => JSON.parse(line));
    const area = name.replace(/\.jsonl$/, '');
    return {
      header: header as ConformanceHeader,
      replayed: (sets as ConformanceSet[]).flatMap((set) => replay(area, set)),
    };
  });
  const header = read[0]?.header;
  if (!header) throw new Error('conformance/vectors holds no recording');
  return { header, replayed: read.flatMap(({ replayed }) => replayed) };
}

/** The mesh of each set, by its name. */
export function replayedScenes(): ReadonlyMap<string, Enforcement> {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.jsonl'));
  const sets = files.flatMap((name) => {
    const [, ...lines] = readFileSync(new URL(name, FOLDER), 'utf8').trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line) as ConformanceSet);
  });
  return new Map(sets.map((set) => [set.set, sceneOf(set)]));
}

function sceneOf({ mesh, workload = DEFAULT_WORKLOAD, client, policies }: ConformanceSet): Enforcement {
  return enforcementOf({ mesh, workload, policies, services: AUTHORIZERS, ...(client ? { client } : {}) });
}

function replay(area: string, recorded: ConformanceSet): readonly ReplayedVector[] {
  const { set, workload = DEFAULT_WORKLOAD, admission } = recorded;
  const enforcement = sceneOf(recorded);
  return recorded.vectors.map((vector, i) => ({
    id: `${set}/${i}`,
    area,
    accepted: admission === undefined,
    request: vector,
    expected: vector.asks ? 'allow if the authorizer approves' : vector.verdict,
    got: answer(enforcement, requestOf(recorded.client, workload, vector)),
  }));
}

/** The engine says that it hangs on a patch, which it names. */
export const CONDITIONAL = 'conditional';

function answer(enforcement: Enforcement, request: Request): string {
  const verdict = decideRequest(enforcement, request);
  if ('error' in verdict) return verdict.error;
  const { outcome, requires, assumes } = verdict;
  const isNamed = [verdict.reason, ...assumes].some((text) => text.startsWith('EnvoyFilter '));
  if (isNamed && (outcome === 'unknown' || assumes.length > 0)) return CONDITIONAL;
  return outcome === 'allow' && requires.some(({ kind }) => kind === 'ext-authz')
    ? 'allow if the authorizer approves'
    : outcome;
}

function requestOf(client: SceneClient | undefined, { namespace, podIP }: SceneWorkload, vector: Vector): Request {
  const { port, protocol, principal, sourceIP: ip = '127.0.0.1', sni, headers, jwt, tokenIn, badSignature } = vector;
  const { method = 'GET', path = '/', host = 'app' } = vector;
  return {
    from: client
      ? { workload: `${client.namespace}/${SCENE_CLIENT}` }
      : principal === undefined
        ? { plaintext: true, ip }
        : { principal, ip },
    to: client
      ? { service: `${namespace}/${SCENE_APP}`, port }
      : { workload: `${namespace}/${SCENE_APP}`, port, ...(podIP ? { ip: podIP } : {}) },
    ...(protocol === 'tcp' ? {} : { http: { method, path, host, ...(headers ? { headers } : {}) } }),
    ...(jwt ? { jwt: { payload: jwt, valid: !badSignature, ...(tokenIn ? { in: tokenIn } : {}) } } : {}),
    ...(sni === undefined ? {} : { sni }),
  };
}
