import { type Principal, principal, type Workload, type WorkloadPort } from '../model/inventory/types.ts';
import type { Request } from '../result/request.ts';
import type { HttpRequest } from '../semantics/attempt.ts';
import type { CompiledPolicy } from '../semantics/authz/compile.ts';
import { type AdmitsUnnamed, admitsUnnamed } from '../semantics/authz/unnamed.ts';
import { isCaptured } from '../semantics/capture.ts';
import { decide } from '../semantics/decide.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import type { Query, Source } from '../semantics/query.ts';
import { type Sample, samplesOf } from '../semantics/sample.ts';
import type { Verdict } from '../semantics/verdict.ts';

/** A way in that was found and decided: the request, and what it rests on. */
export interface Access {
  readonly request: Request;
  readonly verdict: Verdict;
}

/** Who may send at least one request to a port. Every entry holds the request that proves it. */
export interface PortAccess {
  /** Plaintext from some pod of the cluster, NetworkPolicy aside; null: no request was found that passes. */
  readonly plaintext: Access | null;
  /** The same from a pod that nothing is known of, NetworkPolicy asked; null only where that surely stops it. */
  readonly plaintextFromAnyPod: Access | null;
  /** Any certificate of the mesh. */
  readonly anyIdentity: Access | null;
  readonly anyIdentityFromAnyPod: Access | null;
  /** Identities that rules name one by one, or by namespace. */
  readonly identities: ReadonlyMap<Principal, Access>;
  /** From the node that the pod runs on. */
  readonly node: Access | null;
}

const TRUST_DOMAIN = 'cluster.local';

/** A mesh identity that no policy names. */
export const strangerOf = (trustDomain: string): Principal => principal(trustDomain, 'some-namespace', 'some-workload');

/**
 * Who reaches a port, found by asking `decide` with requests made from the rules that apply: one per alternative of each ALLOW rule, and a few
 * that no rule names. Sound, since every entry was decided; a way in that only a clever request finds may be missed until sets are computed.
 */
export function findAccess(enforcement: Enforcement, workload: Workload, port: WorkloadPort): PortAccess {
  const trustDomain = enforcement.mesh.config.trustDomain.value;
  const stranger = strangerOf(trustDomain);
  const samples = candidates(enforcement, workload, port);
  const attempt = (source: Source, wanted: readonly Sample[]): Access | null =>
    firstAllowed(enforcement, workload, port, source, wanted);

  const admits = admitsAt(enforcement, workload, port, stranger);
  const anonymous = admits.anonymous ? samples.filter(({ peer }) => peer === undefined || peer === null) : [];
  const unnamed = admits.stranger
    ? samples.filter(({ peer }) => peer === undefined || (peer !== null && isAny(peer)))
    : [];
  const plaintext = attempt({ position: { kind: 'unstated' }, identity: null, connects: 'plaintext' }, anonymous);
  const anyIdentity =
    workload.dataPlane.kind === 'none'
      ? null
      : attempt({ position: { kind: 'unstated' }, identity: stranger, connects: 'mtls' }, unnamed);
  const anyPod = { kind: 'pod-outside-mesh' } as const;
  const fromAnyPod = (source: Pick<Source, 'identity' | 'connects'>, wanted: readonly Sample[]): Access | null =>
    firstAllowed(enforcement, workload, port, { position: anyPod, ...source }, wanted, 'or-unknown');
  return {
    plaintext,
    plaintextFromAnyPod: plaintext && fromAnyPod({ identity: null, connects: 'plaintext' }, anonymous),
    anyIdentity,
    anyIdentityFromAnyPod: anyIdentity && fromAnyPod({ identity: stranger, connects: 'mtls' }, unnamed),
    identities: anyIdentity ? new Map() : findIdentities(enforcement, workload, port, samples),
    get node() {
      return attempt({ position: { kind: 'node-network' }, identity: null, connects: 'plaintext' }, anonymous);
    },
  };
}

/** Saves asking where no rule can let an unnamed caller in. At ztunnel, and where nothing is captured, other things decide. */
function admitsAt(
  enforcement: Enforcement,
  workload: Workload,
  port: WorkloadPort,
  stranger: Principal,
): AdmitsUnnamed {
  if (workload.dataPlane.kind !== 'sidecar' || !isCaptured(workload, port.port, port.transport).captured) {
    return { anonymous: true, stranger: true };
  }
  const envoy = enforcement.envoy(workload);
  const types = port.chain === 'auto' ? (['http', 'tcp'] as const) : [port.chain];
  const chains = types.map((type) => envoy[type]);
  const answers = chains.map((chain) => admitsUnnamed(chain, stranger));
  return { anonymous: answers.some(({ anonymous }) => anonymous), stranger: answers.some((answer) => answer.stranger) };
}

const isAny = (peer: Principal): boolean => peer.includes('/ns/any');

function findIdentities(
  enforcement: Enforcement,
  workload: Workload,
  port: WorkloadPort,
  samples: readonly Sample[],
): ReadonlyMap<Principal, Access> {
  const found = new Map<Principal, Access>();
  const known = enforcement.mesh.identities;
  for (const sample of samples) {
    const asked = sample.peers ?? (sample.peer ? [sample.peer] : []);
    const named = asked.flatMap((peer) => (known.has(peer) ? [peer] : principalsLike(enforcement, peer)));
    for (const identity of named) {
      if (found.has(identity)) continue;
      const access = firstAllowed(
        enforcement,
        workload,
        port,
        { position: { kind: 'unstated' }, identity, connects: 'mtls' },
        [sample],
      );
      if (access) found.set(identity, access);
    }
  }
  if (found.size < 2) return found;
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A sample made from a namespace or wildcard stands for the identities of that namespace, and for itself if it is written out. */
function principalsLike(enforcement: Enforcement, peer: Principal): readonly Principal[] {
  const [trustDomain = '', , namespace = ''] = peer.split('/');
  const own = enforcement.mesh.config.trustDomain.value;
  const swapped =
    trustDomain === TRUST_DOMAIN && own !== TRUST_DOMAIN ? (peer.replace(/^[^/]+/, own) as Principal) : peer;
  const ofNamespace = enforcement.identitiesOf(namespace);
  return [...new Set([swapped, ...ofNamespace])];
}

/** What to try, most telling first: what no rule names, then one request per alternative of each rule that may let something in. */
function candidates(enforcement: Enforcement, workload: Workload, port: WorkloadPort): readonly Sample[] {
  const plain: Sample[] = [
    { method: 'GET', path: '/' },
    { method: 'POST', path: '/' },
  ];
  if (workload.dataPlane.kind === 'none') return plain.slice(0, 1);
  const envoy = enforcement.envoy(workload);
  const types = port.chain === 'auto' ? (['http', 'tcp'] as const) : [port.chain];
  const chains: readonly (readonly CompiledPolicy[])[] = types.map((type) => envoy[type].allow);
  const fromRules = chains.flatMap((policies) => policies.flatMap(({ rules }) => rules.flatMap(samplesOf)));
  return [...plain, ...fromRules.filter((sample) => sample.port === undefined || sample.port === port.port)];
}

function firstAllowed(
  enforcement: Enforcement,
  workload: Workload,
  port: WorkloadPort,
  source: Source,
  samples: readonly Sample[],
  accepts: 'allowed' | 'or-unknown' = 'allowed',
): Access | null {
  let undecided: Access | null = null;
  // An auto-detected port takes HTTP and anything else.
  for (const speaksHttp of port.chain === 'tcp' ? [false] : port.chain === 'http' ? [true] : [true, false]) {
    for (const sample of samples) {
      const query = queryOf(workload, port, source, sample, speaksHttp);
      const verdict = decide(enforcement, query);
      if (verdict.outcome === 'allow') return { request: requestOf(query), verdict };
      if (verdict.outcome === 'unknown' && accepts === 'or-unknown')
        undecided ??= { request: requestOf(query), verdict };
      // Refused before any policy was asked: so is whatever else this source sends.
      if (EARLY.has(verdict.trace.at(-1)?.stage ?? '')) break;
    }
  }
  return undecided;
}

const EARLY: ReadonlySet<string> = new Set(['capture', 'network-policy', 'transport']);

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
