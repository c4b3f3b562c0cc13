import type { Principal, Workload, WorkloadPort } from '../model/inventory/types.ts';
import type { RequestAuthentication } from '../model/istio/request-authentication.ts';
import type { By } from '../result/location.ts';
import { waypointOf, waypointPolicies } from '../semantics/ambient/waypoint.ts';
import { isCaptured } from '../semantics/capture.ts';
import type { Enforcement, EnvoyPolicies } from '../semantics/enforcement.ts';
import type { Source } from '../semantics/query.ts';
import { strangerOf } from '../semantics/stranger.ts';
import { ANONYMOUS, type Answer, ask, bearerOf, type Question } from './ask.ts';
import { type Via, waysThrough } from './ways-through.ts';
import { notListening } from './authorization.ts';
import { isPublicEndpoint } from './public-endpoints.ts';
import { type Candidate, namedPaths, tokenlessCandidates } from './tokenless-candidates.ts';

/** What RequestAuthentication comes to on one port. */
export type TokenFact =
  /** No RequestAuthentication with rules selects it. */
  | { readonly kind: 'none' }
  | { readonly kind: 'no-effect'; readonly policy: RequestAuthentication; readonly why: string }
  /** Every request without a token that was tried is refused, or has to be approved by an external authorizer, but for public endpoints. */
  | {
      readonly kind: 'required';
      readonly policy: RequestAuthentication;
      readonly publicPaths: readonly string[];
      readonly approvals: readonly By[];
    }
  | {
      readonly kind: 'open';
      readonly policy: RequestAuthentication;
      readonly publicPaths: readonly string[];
      readonly openings: readonly Tokenless[];
    };

/** Requests without a token that are authorised. */
export interface Tokenless {
  /** A path pattern as a policy writes it, or `every path`. */
  readonly what: string;
  readonly method: string;
  /** Path patterns of policies where the same request is refused: the exceptions to `every path`. */
  readonly except: readonly string[];
  readonly callers: 'anyone' | 'any-identity' | 'named-identities';
  /** Identities that were tried, where callers are named. */
  readonly identities: readonly Principal[];
  /** The ALLOW rule; null: none applies, so that everything passes. */
  readonly by: By | null;
  readonly answer: Answer;
}

const NONE: TokenFact = { kind: 'none' };
const MOST_OPENINGS = 20;
const MOST_QUESTIONS = 400;

/** Asks for requests without a token, made from the rules that apply, whether they are authorised all the same. */
export function tokenFactOf(enforcement: Enforcement, workload: Workload, port: WorkloadPort): TokenFact {
  const own = enforcement.envoy(workload).requestAuthentication.filter(hasRules);
  const [first] = own;
  if (workload.dataPlane.kind === 'ambient') return ambientFact(enforcement, workload, port, first);
  if (!first || workload.gateway?.kind === 'waypoint' || notListening(workload, port) !== undefined) return NONE;
  const noEffect = (why: string): TokenFact => ({ kind: 'no-effect', policy: first, why });
  if (workload.dataPlane.kind === 'none') return noEffect('it is outside the mesh, so that no proxy reads tokens');
  const captured = isCaptured(workload, port.port, port.transport);
  if (!captured.captured) return noEffect(`the port is not captured, so that no proxy reads tokens: ${captured.why}`);
  if (port.chain === 'tcp') return noEffect(`the port is ${port.protocol}: RequestAuthentication reads HTTP only`);
  return factAt(enforcement, workload, port, { policies: enforcement.envoy(workload), policy: first });
}

/** ztunnel reads no tokens; a waypoint does, for what comes through the service. */
function ambientFact(
  enforcement: Enforcement,
  workload: Workload,
  port: WorkloadPort,
  own: RequestAuthentication | undefined,
): TokenFact {
  for (const via of waysThrough(enforcement, port)) {
    const waypoint = waypointOf(enforcement, via.service);
    if (!waypoint || via.port.chain === 'tcp') continue;
    const policies = waypointPolicies(enforcement, { destination: { workload, port: port.port, via } }, waypoint);
    const policy = policies.requestAuthentication.find(hasRules);
    if (policy) return factAt(enforcement, workload, port, { policies, policy, via });
  }
  if (!own) return NONE;
  return {
    kind: 'no-effect',
    policy: own,
    why: 'ztunnel reads no tokens, and no waypoint that it is attached to serves the port',
  };
}

const hasRules = ({ spec }: RequestAuthentication): boolean => (spec.jwtRules?.length ?? 0) > 0;

interface Place {
  readonly policies: EnvoyPolicies;
  readonly policy: RequestAuthentication;
  readonly via?: Via;
}

function factAt(
  enforcement: Enforcement,
  workload: Workload,
  port: WorkloadPort,
  { policies, policy, via }: Place,
): TokenFact {
  if (isRequiredByRule(enforcement, policies)) return { kind: 'required', policy, publicPaths: [], approvals: [] };
  const openings: Tokenless[] = [];
  const publicPaths = new Set<string>();
  const approvals = new Map<string, By>();
  let left = MOST_QUESTIONS;
  for (const candidate of tokenlessCandidates(policies.http, port, enforcement.configOf(workload).trustDomain.value)) {
    if (openings.length >= MOST_OPENINGS || openings.some((opening) => covers(opening, candidate))) continue;
    for (const { source, callers } of sourcesOf(enforcement, workload, candidate, via !== undefined)) {
      if (left-- <= 0) break;
      const question: Question = {
        workload,
        port,
        chain: 'http',
        source,
        sample: candidate.sample,
        ...(via ? { via } : {}),
      };
      const answer = ask(enforcement, question);
      const { outcome, requires, by } = answer.verdict;
      if (outcome !== 'allow') continue;
      const approval = requires.find((each) => each.kind === 'ext-authz');
      if (approval) {
        if (approval.by) approvals.set(`${approval.by.namespace}/${approval.by.name}`, approval.by);
        continue;
      }
      const method = candidate.sample.method ?? 'GET';
      const { what, peers: identities } = candidate;
      if (isPublicEndpoint(what, method)) publicPaths.add(method === 'OPTIONS' ? `OPTIONS ${what}` : what);
      else {
        const except = what === EVERY_PATH ? refusedPaths(enforcement, question, policies) : [];
        openings.push({ what, method, except, callers, identities, by, answer });
      }
      break;
    }
  }
  const open = [...publicPaths].sort();
  if (openings.length > 0) return { kind: 'open', policy, openings, publicPaths: open };
  return { kind: 'required', policy, publicPaths: open, approvals: [...approvals.values()] };
}

/** The same rule lets it in already, there or everywhere. */
function covers({ what, by }: Tokenless, candidate: Candidate): boolean {
  const { by: other } = candidate;
  const sameRule = by?.namespace === other?.namespace && by?.name === other?.name && by?.rule === other?.rule;
  return sameRule && (what === EVERY_PATH || what === candidate.what);
}

function refusedPaths(enforcement: Enforcement, question: Question, { http }: EnvoyPolicies): readonly string[] {
  const others = namedPaths(http).slice(0, 20);
  return others
    .filter(
      ({ path }) => ask(enforcement, { ...question, sample: { ...question.sample, path } }).verdict.outcome === 'deny',
    )
    .map(({ what }) => what);
}

export const EVERY_PATH = 'every path';

/** `presence: REQUIRED` refuses requests without a token by itself; istiod reads the field from 1.32 on. */
function isRequiredByRule({ mesh }: Enforcement, { providers }: EnvoyPolicies): boolean {
  const minor = Number(/^1\.(\d+)/.exec(mesh.version?.value ?? '')?.[1] ?? 0);
  return minor >= 32 && providers.some(({ rule }) => rule.presence === 'REQUIRED');
}

interface Caller {
  readonly source: Source;
  readonly callers: Tokenless['callers'];
}

/** Who to ask as: those whom the rule names, else somebody without an identity, then with one that nobody names. */
function sourcesOf(
  enforcement: Enforcement,
  workload: Workload,
  { peers }: Candidate,
  throughWaypoint: boolean,
): readonly Caller[] {
  const stranger: Caller = {
    source: bearerOf(strangerOf(enforcement.configOf(workload).trustDomain.value)),
    callers: 'any-identity',
  };
  const unnamed: readonly Caller[] = throughWaypoint
    ? [stranger]
    : [{ source: ANONYMOUS, callers: 'anyone' }, stranger];
  const named = peers.slice(0, 4).map((peer): Caller => ({ source: bearerOf(peer), callers: 'named-identities' }));
  return [...unnamed, ...named];
}
