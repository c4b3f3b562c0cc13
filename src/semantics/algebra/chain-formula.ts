import type { Principal } from '../../model/inventory/types.ts';
import type { AuthorizationPolicy } from '../../model/istio/authorization-policy.ts';
import type { PolicyChain } from '../authz/chain.ts';
import type { CompiledPolicy, CompiledRule } from '../authz/compile.ts';
import type { TrustBundle } from '../authz/trust-domain.ts';
import type { JwtProvider } from '../jwt/authenticate.ts';
import { PATH, TOKEN } from './axes.ts';
import { ruleFormula, type Viewpoint } from './clause-formula.ts';
import { all, any, type Axis, EVERYTHING, type Formula, NOTHING, not } from './formula.ts';
import type { SetPool } from './set-pool.ts';
import { NO_TOKENS, type TokenSets, tokenSets } from './token-sets.ts';

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
  readonly tokens: TokenSets;
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
  /** By first mention in the policies. */
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
  readonly tokens: TokenSets;
}

/** Where the filters of a chain of this type stand, with these JWT rules among them. */
export function viewpointsAt(
  type: PolicyChain['type'],
  providers: readonly Pick<JwtProvider, 'rule'>[],
  point: ChainPoint,
): Viewpoints {
  const axes = { token: point.own?.token ?? TOKEN, path: point.own?.path ?? PATH };
  const tokens = type === 'http' ? tokenSets(providers, point.pool, axes) : NO_TOKENS;
  const { authenticated, hasToken, header } = tokens;
  return {
    before: { ...point, claims: 'hidden', hasToken: NOTHING, header: header('before') },
    after: {
      ...point,
      claims: tokens === NO_TOKENS ? 'hidden' : 'visible',
      hasToken,
      header: header('after'),
    },
    authenticated,
    hasToken,
    tokens,
  };
}

/** `decideChain` as sets of requests. */
export function chainSets(chain: PolicyChain, providers: readonly JwtProvider[], point: ChainPoint): ChainSets {
  const { before, after, authenticated, hasToken, tokens } = viewpointsAt(chain.type, providers, point);
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
    tokens,
    refusing,
    asking: custom('ask'),
    deny,
    allow,
    restricted,
    passes,
    formulaOf: (rule) => ruleFormula(rule, after),
  };
}
