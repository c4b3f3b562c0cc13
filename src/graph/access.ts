import type { Principal, Workload, WorkloadPort } from '../model/inventory/types.ts';
import type { Request } from '../result/request.ts';
import { type Region, regionsOf, regionsThrough } from '../semantics/algebra/region.ts';
import { queryOfModel } from '../semantics/algebra/witness.ts';
import type { HttpRequest } from '../semantics/attempt.ts';
import { decide } from '../semantics/decide.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import type { Query, Source } from '../semantics/query.ts';
import type { Sample } from '../semantics/sample.ts';
import type { Verdict } from '../semantics/verdict.ts';
import { type Sources, sourcesOf, type Witness } from './reach/sources.ts';
import { waysThrough } from './ways-through.ts';

/** A way in that was found and decided: the request, and what it rests on. */
export interface Access {
  readonly request: Request;
  readonly verdict: Verdict;
}

/** Who may send at least one request to a port. Every entry holds the request that proves it. */
export interface PortAccess {
  /** Plaintext from some pod of the cluster, NetworkPolicy aside; null: no request passes. */
  readonly plaintext: Access | null;
  /** The same from a pod that nothing is known of, NetworkPolicy asked; null only where that surely stops it. */
  readonly plaintextFromAnyPod: Access | null;
  /** Any certificate of the mesh. */
  readonly anyIdentity: Access | null;
  readonly anyIdentityFromAnyPod: Access | null;
  /** Identities that rules tell apart and that get in; none where any identity does. */
  readonly identities: ReadonlyMap<Principal, Access>;
  /** From the node that the pod runs on. */
  readonly node: Access | null;
}

/**
 * Who reaches a port: from the sets of what passes (semantics/algebra), so that nothing is missed; every entry is decided again before
 * anybody sees it.
 */
export function findAccess(enforcement: Enforcement, workload: Workload, port: WorkloadPort): PortAccess {
  const ways = [
    ...regionsOf(enforcement, workload, port),
    ...waysThrough(enforcement, port).flatMap((via) => regionsThrough(enforcement, workload, port, via)),
  ];
  const attempt = (region: Region, witness: Witness | undefined, source: Partial<Source> = {}): Access | undefined => {
    if (!witness) return undefined;
    const found = queryOfModel({ region, ...witness }, source.position);
    const query = { ...found, source: { ...found.source, ...source }, transport: port.transport };
    const verdict = decide(enforcement, query);
    return verdict.outcome === 'deny' ? undefined : { request: requestOf(query), verdict };
  };
  const isCertain = (access: Access | undefined): boolean => access?.verdict.outcome === 'allow';
  const first = (
    witnessOf: (sources: Sources) => Witness | undefined,
  ): { access: Access; region: Region; witness: Witness } | undefined => {
    for (const region of ways) {
      const witness = witnessOf(sourcesOf(enforcement, region));
      const access = attempt(region, witness);
      if (access && witness && isCertain(access)) return { access, region, witness };
    }
    return undefined;
  };
  const plaintext = first(({ anonymous }) => anonymous);
  const anyIdentity = workload.dataPlane.kind === 'none' ? undefined : first(({ stranger }) => stranger);
  const anyPod = { position: { kind: 'pod-outside-mesh' } } as const;
  const fromAnyPod = (way: typeof plaintext): Access | null =>
    (way && attempt(way.region, way.witness, anyPod)) ?? null;
  return {
    plaintext: plaintext?.access ?? null,
    plaintextFromAnyPod: fromAnyPod(plaintext),
    anyIdentity: anyIdentity?.access ?? null,
    anyIdentityFromAnyPod: fromAnyPod(anyIdentity),
    identities: anyIdentity ? new Map() : namedIn(enforcement, ways, attempt),
    get node() {
      return plaintext
        ? (attempt(plaintext.region, plaintext.witness, { position: { kind: 'node-network' } }) ?? null)
        : null;
    },
  };
}

function namedIn(
  enforcement: Enforcement,
  ways: readonly Region[],
  attempt: (region: Region, witness: Witness, source: Partial<Source>) => Access | undefined,
): ReadonlyMap<Principal, Access> {
  const found = new Map<Principal, Access>();
  for (const region of ways) {
    for (const { identities, witness } of sourcesOf(enforcement, region).named) {
      for (const identity of identities) {
        if (found.has(identity)) continue;
        const access = attempt(region, witness, { identity });
        if (access?.verdict.outcome === 'allow') found.set(identity, access);
      }
    }
  }
  if (found.size < 2) return found;
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The query that a sample describes, sent by `source`. */
export function queryOf(
  workload: Workload,
  port: WorkloadPort,
  source: Source,
  sample: Sample,
  speaksHttp: boolean,
): Query {
  const http: HttpRequest | undefined = speaksHttp
    ? {
        method: sample.method ?? 'GET',
        path: sample.path ?? '/',
        host: sample.host ?? `${workload.name}.${workload.namespace}`,
        headers: sample.headers ?? [],
      }
    : undefined;
  return {
    client: 'attacker',
    source: {
      ...source,
      ...(sample.sourceIp === undefined ? {} : { ip: sample.sourceIp }),
      ...(sample.remoteIp === undefined ? {} : { remoteIp: sample.remoteIp }),
    },
    destination: { workload, port: port.port },
    transport: port.transport,
    ...(http ? { http } : {}),
    ...(sample.claims ? { token: { claims: sample.claims, valid: true } } : {}),
    ...(sample.sni === undefined ? {} : { sni: sample.sni }),
  };
}

/** The same in the form of a PolicyTest request, so that it can be pasted into a suite. */
export function requestOf(query: Query): Request {
  const { http, token, sni, tls, transport } = query;
  return {
    from: senderOf(query),
    to: targetOf(query),
    ...(http ? { http: { method: http.method, path: http.path, host: http.host, ...headersOf(http) } } : {}),
    ...(token ? { jwt: token.valid ? { payload: token.claims } : { payload: token.claims, valid: false } } : {}),
    ...(sni === undefined ? {} : { sni }),
    ...(tls ? { tls } : {}),
    ...(transport === 'TCP' ? {} : { protocol: transport }),
  };
}

function senderOf({ source, client }: Query): Request['from'] {
  const { position, identity, connects, ip, remoteIp } = source;
  const addresses = { ...(ip === undefined ? {} : { ip }), ...(remoteIp === undefined ? {} : { remoteIp }) };
  if (position.kind === 'workload') {
    const plaintext = connects === 'plaintext' ? { plaintext: true as const } : {};
    return { workload: position.workload.id, as: client, ...plaintext, ...addresses };
  }
  if (position.kind === 'internet') return { internet: true, ...addresses };
  return identity === null ? { plaintext: true, ...addresses } : { principal: identity, ...addresses };
}

function targetOf({ destination: { workload, port, via } }: Query): Request['to'] {
  if (via) return { service: via.service.id, port: via.port.port };
  const isRouter = workload.dataPlane.kind === 'gateway' && workload.gateway?.kind !== 'waypoint';
  return isRouter ? { gateway: workload.id, port } : { workload: workload.id, port };
}

function headersOf({ headers }: HttpRequest): {
  headers?: Record<string, string> | readonly (readonly [string, string])[];
} {
  if (headers.length === 0) return {};
  const names = new Set(headers.map(([name]) => name));
  return { headers: names.size === headers.length ? Object.fromEntries(headers) : headers };
}
