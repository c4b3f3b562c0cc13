import type { Principal } from '../../model/inventory/types.ts';
import type { AuthorizationPolicy } from '../../model/istio/authorization-policy.ts';
import type { PolicyChain } from '../authz/chain.ts';
import type { CompiledPolicy, CompiledRule } from '../authz/compile.ts';
import type { TrustBundle } from '../authz/trust-domain.ts';
import { type JwtProvider, readsBearer } from '../jwt/authenticate.ts';
import { audienceForms } from '../jwt/registered-claims.ts';
import { claimAxis, headerAxis, METHOD, TOKEN } from './axes.ts';
import { ruleFormula, type Viewpoint } from './clause-formula.ts';
import { all, any, type Axis, constant, EVERYTHING, type Formula, literal, NOTHING, not } from './formula.ts';
import type { SetPool } from './set-pool.ts';
import { anything, literally } from './strings/glob.ts';
import { valueGlobs } from './strings/patterns.ts';

/** One rule of a policy with the requests that it matches. */
export interface RuleSet {
  readonly compiled: CompiledPolicy;
  readonly rule: CompiledRule;
  readonly matches: Formula;
}

/** What the filters of one enforcement point make of requests, as sets. */
export interface ChainSets {
  /** What JWT authentication lets on: without a token, or with one that a rule accepts. */
  readonly authenticated: Formula;
  /** Requests with a token that a rule accepted. */
  readonly hasToken: Formula;
  /** Matching requests are refused (no such provider, or two of them). */
  readonly refusing: readonly RuleSet[];
  /** Matching requests need the approval of an external authorizer. */
  readonly asking: readonly RuleSet[];
  readonly deny: readonly RuleSet[];
  readonly allow: readonly RuleSet[];
  /** An ALLOW policy applies, so that what no rule of one matches is refused. */
  readonly restricted: boolean;
  /** Everything that passes, external approval taken for given. */
  readonly passes: Formula;
  /** The requests that a rule of DENY or ALLOW would match here: for parts of rules. */
  readonly formulaOf: (rule: CompiledRule) => Formula;
  /** What it shares with points whose policies differ in nothing but names. */
  readonly likeness?: Likeness;
}

/** Sets of one shape come from each other by putting other names in place: the first for the first, and so on. */
export interface Likeness {
  readonly shape: string;
  /** Sorted. */
  readonly names: readonly Principal[];
  /** In the same order at every point of the shape. */
  readonly policies: readonly AuthorizationPolicy[];
}

export interface ChainPoint {
  readonly pool: SetPool;
  readonly bundle: TrustBundle;
  readonly port: number;
  readonly identified: boolean;
  readonly destinationIp: string | undefined;
  /** Behind the tunnel of a waypoint. */
  readonly tunnelled?: true;
  /** Apart from those of another point on the same way, which sees another path and reads tokens by other rules. */
  readonly own?: { readonly token: Axis; readonly path: Axis };
}

/** What filters see of requests before and after JWT authentication, and what that lets on. */
export interface Viewpoints {
  readonly before: Viewpoint;
  readonly after: Viewpoint;
  /** Without a token, or with one that a rule accepts. */
  readonly authenticated: Formula;
  readonly hasToken: Formula;
}

/** Where the filters of a chain of this type stand, with these JWT rules among them. */
export function viewpointsAt(
  type: PolicyChain['type'],
  providers: readonly Pick<JwtProvider, 'rule'>[],
  point: ChainPoint,
): Viewpoints {
  const readers = type === 'http' ? providers.filter(({ rule }) => readsBearer(rule)) : [];
  const tokens = tokenSets(readers, point.pool, point.own?.token ?? TOKEN);
  const header =
    (seen: Formula): Viewpoint['authorization'] =>
    (sent, ofBearer) =>
      any([all([seen, constant(ofBearer(BEARER))]), all([not(tokens.any), sent])]);
  return {
    before: { ...point, claims: 'hidden', hasToken: NOTHING, authorization: header(tokens.any) },
    after: {
      ...point,
      claims: readers.length > 0 ? 'visible' : 'hidden',
      hasToken: tokens.any,
      authorization: header(tokens.forwarded),
    },
    authenticated: tokens.authenticated,
    hasToken: tokens.any,
  };
}

/** `decideChain` as sets of requests. */
export function chainSets(chain: PolicyChain, providers: readonly JwtProvider[], point: ChainPoint): ChainSets {
  const { before, after, authenticated, hasToken } = viewpointsAt(chain.type, providers, point);
  const sets = (policies: readonly CompiledPolicy[], viewpoint: Viewpoint): readonly RuleSet[] =>
    policies.flatMap((compiled) =>
      compiled.rules.map((rule) => ({ compiled, rule, matches: ruleFormula(rule, viewpoint) })),
    );
  const custom = (effect: 'ask' | 'refuse'): readonly RuleSet[] =>
    chain.custom.filter((entry) => entry.effect === effect).flatMap(({ policies }) => sets(policies, before));
  const refusing = custom('refuse');
  const deny = sets(chain.deny, after);
  const allow = sets(chain.allow, after);
  const restricted = chain.allow.length > 0;
  const passes = all([
    authenticated,
    ...refusing.map(({ matches }) => not(matches)),
    ...deny.map(({ matches }) => not(matches)),
    restricted ? any(allow.map(({ matches }) => matches)) : EVERYTHING,
  ]);
  return {
    authenticated,
    hasToken,
    refusing,
    asking: custom('ask'),
    deny,
    allow,
    restricted,
    passes,
    formulaOf: (rule) => ruleFormula(rule, after),
  };
}

/** What stands for a token in the header that carries it. */
const BEARER = 'Bearer token';

interface TokenSets {
  readonly any: Formula;
  /** Accepted by a rule that leaves the header on. */
  readonly forwarded: Formula;
  readonly authenticated: Formula;
}

/** The token axis holds the number of the first rule that accepts the token, from 1; 0: there is no token. */
function tokenSets(readers: readonly Pick<JwtProvider, 'rule'>[], pool: SetPool, token: Axis): TokenSets {
  if (readers.length === 0) return { any: NOTHING, forwarded: NOTHING, authenticated: EVERYTHING };
  const numbers = readers.map((_, i) => i + 1);
  const isAnyOf = (rules: readonly number[]): Formula =>
    rules.length === 0 ? NOTHING : literal(token, pool.rules(rules));
  const accepted = readers.map((reader) => acceptedBy(reader, pool));
  const chosen = accepted.map((accepts, i) =>
    all([isAnyOf([i + 1]), accepts, ...accepted.slice(0, i).map(not), not(preflight(pool))]),
  );
  // A bearer token as text is none that anybody signed.
  const raw = pool.words('raw-bearer', 'as-is', () => [[...anything(), ...literally('Bearer '), ...anything()]]);
  const absent = all([isAnyOf([0]), not(literal(headerAxis('authorization'), raw))]);
  return {
    any: isAnyOf(numbers),
    forwarded: isAnyOf(numbers.filter((number) => readers[number - 1]?.rule.forwardOriginalToken)),
    authenticated: any([absent, ...chosen]),
  };
}

function acceptedBy({ rule }: Pick<JwtProvider, 'rule'>, pool: SetPool): Formula {
  const exactly = (path: readonly string[], values: readonly string[]): Formula =>
    literal(claimAxis(path), pool.exactly(values));
  return all([
    ...(rule.issuer ? [exactly(['iss'], [rule.issuer])] : []),
    ...(rule.audiences?.length ? [exactly(['aud'], audienceForms(rule.audiences))] : []),
  ]);
}

/** Tokens of CORS preflight requests are not looked at (reference §3). */
function preflight(pool: SetPool): Formula {
  const present = pool.words('present', 'as-is', () => valueGlobs('*'));
  const options = pool.exactly(['OPTIONS']);
  return all([
    literal(METHOD, options),
    literal(headerAxis('origin'), present),
    literal(headerAxis('access-control-request-method'), present),
  ]);
}
