import { byOf } from '../../model/by.ts';
import type { By } from '../../result/location.ts';
import { authenticate, type JwtProvider } from '../jwt/authenticate.ts';
import { headersOfRules } from '../jwt/claim-headers.ts';
import { BEARER, carrierOf, type SentToken } from '../jwt/token-place.ts';
import type { EnforcementPoint, Requirement, TraceStep } from '../verdict.ts';
import type { AuthorizationPolicy } from '../../model/istio/authorization-policy.ts';
import type { PolicyChain } from './chain.ts';
import type { Clause, CompiledPolicy } from './compile.ts';
import { describeMisses, describeWidening, type Remark } from './describe-match.ts';
import { isDryRun } from './dry-run.ts';
import { findMatch, type RuleMatch } from './evaluate.ts';
import type { View } from './view.ts';

export interface ChainDecision {
  readonly outcome: 'allow' | 'deny' | 'unknown';
  readonly by: By | null;
  readonly reason: string;
  readonly requires: readonly Requirement[];
  readonly assumes: readonly string[];
  readonly steps: readonly TraceStep[];
}

export interface ChainRequest {
  /** Also say why rules missed: for a person, not for a search. */
  readonly explain?: boolean;
  /** With `explain`: all policies of the point, of which dry-run ones decide nothing. */
  readonly attached?: readonly AuthorizationPolicy[];
  /** Told what the rules are put to. */
  readonly watch?: (view: View) => void;
  readonly view: Omit<View, 'claims'>;
  readonly token?: SentToken;
}

/**
 * Runs one request through the filters of a chain in Envoy's order: CUSTOM, JWT authentication, AUDIT, DENY, ALLOW.
 *
 * Source: istio pilot/pkg/networking/core/listener_builder.go, networkfilter.go (reference §2.1).
 */
export function decideChain(
  chain: PolicyChain,
  providers: readonly JwtProvider[],
  request: ChainRequest,
  point: EnforcementPoint,
): ChainDecision {
  const decision = runFilters(chain, providers, request, point);
  const { token } = request;
  if (!token || decision.outcome !== 'allow' || providers.length === 0) return decision;
  const { token: _token, explain: _explain, watch: _watch, ...bare } = request;
  if (runFilters(chain, providers, bare, point).outcome === 'allow') return decision;
  const issuer = typeof token.claims.iss === 'string' ? { issuer: token.claims.iss } : {};
  return { ...decision, requires: [{ kind: 'jwt', ...issuer }, ...decision.requires] };
}

function runFilters(
  chain: PolicyChain,
  providers: readonly JwtProvider[],
  request: ChainRequest,
  point: EnforcementPoint,
): ChainDecision {
  const requires: Requirement[] = [];
  const assumes: string[] = [];
  const steps: TraceStep[] = [];
  const step = (stage: TraceStep['stage'], outcome: TraceStep['outcome'], text: string, by?: By): void => {
    steps.push(by ? { point, stage, outcome, text, by } : { point, stage, outcome, text });
  };
  const end = (outcome: ChainDecision['outcome'], by: By | null, reason: string): ChainDecision => ({
    outcome,
    by,
    reason,
    requires,
    assumes,
    steps,
  });

  const remark = (stage: TraceStep['stage'], remarks: readonly Remark[]): void => {
    if (request.explain) for (const { text, by } of remarks) step(stage, 'note', text, by);
  };

  // CUSTOM comes before JWT authentication: its conditions see no token.
  const anonymous = withToken({ ...request.view, claims: undefined }, request.token);
  for (const custom of chain.custom) {
    const match = findMatch(custom.policies, anonymous);
    if (!match) {
      if (request.explain) step('custom', 'pass', `no rule of CUSTOM ${namesOf(custom.policies)} matches it`);
      continue;
    }
    const by = byMatch(match);
    if (custom.effect === 'refuse') {
      step('custom', 'stop', custom.why, by);
      return end('deny', by, custom.why);
    }
    requires.push({ kind: 'ext-authz', provider: custom.provider, by });
    step('custom', 'pass', custom.why, by);
  }

  let view = anonymous;
  if (chain.type === 'http' && request.view.http && providers.length > 0) {
    const { method, path, headers } = request.view.http;
    const outcome = authenticate(providers, {
      method,
      path,
      headers,
      ...(request.token ? { token: request.token } : {}),
    });
    if (outcome.kind === 'rejected') {
      request.watch?.(anonymous);
      step('jwt', 'stop', outcome.why, outcome.by);
      return end('deny', outcome.by, outcome.why);
    }
    if (outcome.kind === 'accepted') {
      view = { ...(outcome.forwarded ? anonymous : request.view), claims: outcome.claims };
      step('jwt', 'pass', 'the token is valid', outcome.by);
    } else {
      const [first] = providers;
      const by = first && byOf(first.policy, { path: ['spec', 'jwtRules'] });
      step('jwt', 'note', 'no token: RequestAuthentication lets it pass', by);
    }
    view = withWritten(view, providers, outcome.kind === 'accepted' ? outcome.writes : []);
  }
  request.watch?.(view);

  const audit = findMatch(chain.audit, view);
  if (audit) step('audit', 'note', `${nameOf(audit.compiled)} only records it`, byMatch(audit));

  if (request.explain) {
    for (const policy of (request.attached ?? []).filter(isDryRun)) {
      const text = `${policy.spec.action ?? 'ALLOW'} ${policy.namespace}/${policy.name} is a dry run and decides nothing`;
      step('audit', 'note', text, byOf(policy));
    }
  }

  const deny = findMatch(chain.deny, view);
  if (deny && deny.open.length === 0) {
    const reason = `DENY ${nameOf(deny.compiled)} rules[${deny.rule.index}] matches it`;
    const by = byMatch(deny);
    remark('deny', describeWidening(deny));
    step('deny', 'stop', reason, by);
    return end('deny', by, reason);
  }
  if (deny) {
    if (deny.open.some(({ needs }) => needs === 'destinationIp')) {
      return end(
        'unknown',
        byMatch(deny),
        `whether DENY ${nameOf(deny.compiled)} matches depends on the address of the pod`,
      );
    }
    assumes.push(
      ...deny.open.map(
        (clause) =>
          `the address is ${clause.negated ? 'inside' : 'outside'} ${clause.values.join(', ')} (DENY ${nameOf(deny.compiled)})`,
      ),
    );
  }

  if (!deny && request.explain && chain.deny.length > 0)
    step('deny', 'pass', `no rule of DENY ${namesOf(chain.deny)} matches it`);

  if (chain.allow.length === 0) {
    step('allow', 'pass', 'no ALLOW policy applies');
    return end('allow', null, 'no ALLOW policy applies, so everything that no DENY matches passes');
  }
  const allow = findMatch(chain.allow, view);
  if (!allow) {
    remark('allow', describeMisses(chain.allow, view));
    const by = chain.allow[0] ? byOf(chain.allow[0].policy) : null;
    const names = namesOf(chain.allow);
    step('allow', 'stop', `no rule of ${names} matches`);
    return end('deny', by, `no rule of ALLOW ${names} matches it`);
  }
  for (const clause of allow.open) addOpenCondition(clause, nameOf(allow.compiled), requires, assumes);
  const reason = `ALLOW ${nameOf(allow.compiled)} rules[${allow.rule.index}] matches it`;
  const by = byMatch(allow);
  step('allow', 'pass', reason, by);
  return end('allow', by, reason);
}

/** A token travels in a header mostly, which conditions on headers see. */
function withToken(view: View, token: ChainRequest['token']): View {
  const { http } = view;
  const carrier = token && carrierOf(token.place ?? BEARER);
  if (!carrier || !http || http.headers.some(([name]) => name.toLowerCase() === carrier[0])) return view;
  return { ...view, http: { ...http, headers: [...http.headers, carrier] } };
}

/** Headers that rules write out of tokens are theirs alone: what the client sends under such a name is gone. */
function withWritten(
  view: View,
  providers: readonly JwtProvider[],
  writes: readonly (readonly [string, string])[],
): View {
  const owned = headersOfRules(providers.map(({ rule }) => rule));
  if (!view.http || owned.length === 0) return view;
  const sent = view.http.headers.filter(([name]) => !owned.includes(name.toLowerCase()));
  return { ...view, http: { ...view.http, headers: [...sent, ...writes] } };
}

function addOpenCondition(clause: Clause, policy: string, requires: Requirement[], assumes: string[]): void {
  if (clause.needs === 'destinationIp') assumes.push(`the pod's address satisfies ${clause.field} of ${policy}`);
  else if (clause.negated) assumes.push(`the address is outside ${clause.values.join(', ')} (${policy})`);
  else requires.push({ kind: 'source-ip', ranges: clause.values });
}

const namesOf = (policies: readonly CompiledPolicy[]): string => policies.map(nameOf).join(', ');

const nameOf = ({ policy }: CompiledPolicy): string => `${policy.namespace}/${policy.name}`;

const byMatch = ({ compiled, rule }: RuleMatch): By =>
  byOf(compiled.policy, { rule: rule.index, path: ['spec', 'rules', rule.index] });
