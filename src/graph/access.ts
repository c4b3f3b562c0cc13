import type { Principal, Workload, WorkloadPort } from '../model/inventory/types.ts';
import type { Request } from '../result/request.ts';
import type { Region } from '../semantics/algebra/region.ts';
import type { HttpRequest } from '../semantics/attempt.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import type { Query, Source } from '../semantics/query.ts';
import type { Sample } from '../semantics/sample.ts';
import type { Verdict } from '../semantics/verdict.ts';
import { decideFrom, decideWitness, distinctWays, queryOfWitness } from './reach/port-reach.ts';
import { type Sources, sourcesOf, type Witness } from './reach/sources.ts';

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
  const ways = distinctWays(enforcement, workload, port);
  const attempt = (region: Region, witness: Witness, source?: Partial<Source>): Access | undefined =>
    decideWitness(enforcement, region, witness, port, source);
  const isCertain = (access: Access | undefined): boolean => access?.verdict.outcome === 'allow';
  const first = (
    witnessOf: (sources: Sources) => Witness | undefined,
  ): { access: Access; region: Region; witness: Witness } | undefined => {
    for (const region of ways) {
      const witness = witnessOf(sourcesOf(enforcement, region));
      const access = witness && attempt(region, witness);
      if (witness && access && isCertain(access)) return { access, region, witness };
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
    identities: anyIdentity ? new Map() : namedIn(enforcement, ways, port),
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
  port: WorkloadPort,
): ReadonlyMap<Principal, Access> {
  const found = new Map<Principal, Access>();
  for (const region of ways) {
    for (const { identities, witness } of sourcesOf(enforcement, region).named) {
      const query = queryOfWitness(region, witness);
      for (const identity of identities) {
        if (found.has(identity)) continue;
        const access = decideFrom(enforcement, query, port, { identity });
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
