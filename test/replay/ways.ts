import { readdirSync, readFileSync } from 'node:fs';
import { inlineObject } from '../../src/collect/collect.ts';
import { loadMesh } from '../../src/engine/load-mesh.ts';
import type { HttpAttributes } from '../../src/result/request.ts';
import { Enforcement } from '../../src/semantics/enforcement.ts';
import type { Manifest } from '../read-vectors.ts';

/** A request through a recorded proxy, and what became of it (conformance/internal/way/scene.go). */
export interface WayVector {
  readonly ip?: string;
  readonly port: number;
  readonly protocol?: 'tcp';
  readonly tls?: true;
  readonly sni?: string;
  readonly principal?: string;
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly jwt?: Readonly<Record<string, unknown>>;
  /** The cluster that it arrived at; absent: the proxy answered itself, as `answer` says. */
  readonly to?: string;
  readonly answer?: string;
  /** Path and host as they arrived, where they had changed. */
  readonly as?: string;
  readonly at?: string;
}

export interface WayProxy {
  readonly name: string;
  readonly namespace: string;
  readonly ip: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
}

export interface WayHeader {
  readonly istio: string;
  readonly envoy: string;
  readonly world: { readonly proxy: WayProxy; readonly objects: readonly Manifest[] };
}

export interface WaySet {
  readonly set: string;
  readonly admission?: string;
  readonly mesh?: object;
  readonly objects: readonly Manifest[];
  readonly vectors: readonly WayVector[];
}

export interface WayRecording {
  readonly area: string;
  readonly header: WayHeader;
  readonly sets: readonly WaySet[];
}

const FOLDER = new URL('../../conformance/ways/vectors/', import.meta.url);

/** The recordings whose area begins with a word: `egress`, `gateway`, `waypoint`. */
export function readWays(world: string): readonly WayRecording[] {
  return readdirSync(FOLDER)
    .filter((name) => name.startsWith(world) && name.endsWith('.jsonl'))
    .sort()
    .map((name) => {
      const [header, ...sets] = readFileSync(new URL(name, FOLDER), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      return { area: name.replace(/\.jsonl$/, ''), header, sets };
    });
}

/** The mesh of a set; `inCluster` shows what the recorder took for granted about the objects of its world. */
export function enforcementOfWay(
  { world }: WayHeader,
  { mesh = {}, objects }: WaySet,
  inCluster: (object: Manifest) => Manifest = (object) => object,
): Enforcement {
  const config = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'istio', namespace: 'istio-system' },
    data: { mesh: JSON.stringify(mesh) },
  };
  const all = [...world.objects.map(inCluster), config, ...objects];
  return new Enforcement(loadMesh(all.map((object) => inlineObject({ ...object }, 'vector', 1))).mesh);
}

export function httpOf({ protocol, method = 'GET', path = '/', host = '', headers }: WayVector): {
  readonly http?: HttpAttributes;
} {
  return protocol === 'tcp' ? {} : { http: { method, path, host, ...(headers ? { headers } : {}) } };
}

/** What a vector says, in words that do not tell how a proxy refuses: that is no verdict. */
export function expectedOf({ to, as: path, at: host }: WayVector): string {
  if (to === undefined) return 'refused';
  return [to, ...(path === undefined ? [] : [`as ${path}`]), ...(host === undefined ? [] : [`at ${host}`])].join(' ');
}

/** The same of a request that arrives. */
export function arrived(
  to: string,
  sent: WayVector,
  http: { readonly path: string; readonly host: string } | undefined,
): string {
  const { path = '/', host = '' } = sent;
  const changed = http && sent.protocol !== 'tcp';
  return expectedOf({
    port: 0,
    to,
    ...(changed && http.path !== path ? { as: http.path } : {}),
    ...(changed && http.host !== host ? { at: http.host } : {}),
  });
}
