import type { PolicyChain } from '../authz/chain.ts';
import type { Clause, CompiledPolicy, CompiledRule } from '../authz/compile.ts';
import { type ChainDecision, type ChainRequest, decideChain } from '../authz/decide-chain.ts';
import { matchRule } from '../authz/evaluate.ts';
import type { View } from '../authz/view.ts';
import { authenticate } from '../jwt/authenticate.ts';
import type { EnforcementPoint, TraceStep } from '../verdict.ts';
import { changesOn, type Filters, filtersLeft } from './filters-left.ts';
import { assumptionOf, objectOf, type ProxyChange } from './proxy-change.ts';

/**
 * What the filters of a chain decide where other objects change them: with a filter gone where one takes it away, with and without it where that
 * is not certain, and named as an assumption where the change is not worked out. Reference §15.9.
 */
export function decidePatched(
  changes: readonly ProxyChange[],
  filters: Filters,
  request: ChainRequest,
  point: EnforcementPoint,
): ChainDecision {
  const { chain, providers } = filters;
  const relevant = changesOn(changes, chain.type, request.view.port);
  const plain = decideChain(chain, providers, request, point);
  if (relevant.length === 0) return plain;
  const [left, ...others] = filtersLeft(relevant, filters);
  // Whoever watches is told once.
  const { watch: _watch, ...quiet } = request;
  const run = (each: Filters): ChainDecision => decideChain(each.chain, each.providers, quiet, point);
  const sure = left === filters ? plain : run(left);
  const other = others.map(run).find(({ outcome }) => outcome !== sure.outcome);
  if (other) {
    const perhaps = relevant.filter(({ effect }) => effect.kind === 'removes' && !effect.certain && !isOfTls(effect));
    const names = perhaps.map((each) => `${objectOf(each)} (${each.text})`).join(', ');
    const reason = `${names} may match: if so ${other.outcome}, if not ${sure.outcome}: ${sure.reason}`;
    return { ...sure, outcome: 'unknown', by: perhaps[0]?.by ?? null, reason };
  }
  const code = relevant.filter(({ effect }) => effect.kind === 'rewrites');
  const assumes = [
    ...(code.length > 0 && restsOnHttp(left, request) ? code : []),
    ...relevant.filter(({ effect }) => effect.kind === 'unclear' || (point !== 'sidecar' && isOfTls(effect))),
  ].map(assumptionOf);
  const certain = relevant.filter(({ effect }) => effect.kind === 'removes' && effect.certain);
  return told(plain, { ...sure, assumes: [...sure.assumes, ...assumes] }, certain, point);
}

/** What takes mutual TLS away is decided where connections arrive; gateways and waypoints have no way without it. */
const isOfTls = (effect: ProxyChange['effect']): boolean =>
  effect.kind === 'removes' && effect.control === 'mutual TLS';

/** Says in the trace what is gone; the object that took it away decided, where that changes the outcome. */
function told(
  plain: ChainDecision,
  decision: ChainDecision,
  certain: readonly ProxyChange[],
  point: EnforcementPoint,
): ChainDecision {
  if (certain.length === 0) return decision;
  const steps = certain.map((change): TraceStep => {
    const control = removedBy(change);
    return {
      point,
      stage: 'patch',
      outcome: 'note',
      text: `${objectOf(change)} takes ${control} away (${change.text})`,
      by: change.by,
    };
  });
  const assumes = certain.flatMap((change) =>
    change.effect.kind === 'removes' && change.effect.replaced && decision.outcome === 'allow'
      ? [`what ${objectOf(change)} puts in place of ${change.effect.control} refuses nothing (${change.text})`]
      : [],
  );
  const after = { ...decision, assumes: [...decision.assumes, ...assumes], steps: [...steps, ...decision.steps] };
  const [first] = certain;
  if (!first || plain.outcome === decision.outcome) return after;
  const reason = `${objectOf(first)} takes ${removedBy(first)} away (${first.text}), without which it would be ${plain.outcome}: ${plain.reason}`;
  return { ...after, by: first.by, reason };
}

const removedBy = ({ effect }: ProxyChange): string => (effect.kind === 'removes' ? effect.control : '');

/** Whether any rule of the chain reads an HTTP attribute. */
export const readsRequests = ({ custom, deny, allow }: PolicyChain): boolean =>
  [...custom.flatMap(({ policies }) => policies), ...deny, ...allow].some(({ rules }) =>
    rules.some((rule) => clausesOf(rule).some(readsHttp)),
  );

/** Whether other HTTP attributes than those of the request could lead to another outcome. */
function restsOnHttp({ chain, providers }: Filters, request: ChainRequest): boolean {
  if (chain.type !== 'http' || !request.view.http) return false;
  const { method, headers } = request.view.http;
  const token = request.token ? { token: request.token } : {};
  if (providers.length > 0 && authenticate(providers, { method, headers, ...token }).kind === 'rejected') return true;
  const view = { ...request.view, claims: undefined };
  if (chain.custom.some(({ policies }) => matchBlindly(policies, view) === 'rests')) return true;
  const deny = matchBlindly(chain.deny, view);
  if (deny !== 'no') return deny === 'rests';
  return matchBlindly(chain.allow, view) === 'rests';
}

/** Whether some rule matches for somebody who cannot see HTTP attributes; `rests`: it depends on them. */
function matchBlindly(policies: readonly CompiledPolicy[], view: View): 'yes' | 'no' | 'rests' {
  let found: 'no' | 'rests' = 'no';
  for (const rule of policies.flatMap(({ rules }) => rules.map(blinded))) {
    const truth = matchRule(rule, view);
    if (truth === true) return 'yes';
    if (truth === undefined && clausesOf(rule).some(readsHttp)) found = 'rests';
  }
  return found;
}

const clausesOf = ({ from, to, when }: CompiledRule): readonly Clause[] => [
  ...when,
  ...(from ?? []).flat(),
  ...(to ?? []).flat(),
];

/** What Envoy takes for the client's address comes from a header. */
const readsHttp = ({ httpOnly, needs }: Clause): boolean => httpOnly || needs === 'remoteIp';

const blinded = (rule: CompiledRule): CompiledRule => ({
  ...rule,
  from: rule.from?.map((clauses) => clauses.map(blindedClause)) ?? null,
  to: rule.to?.map((clauses) => clauses.map(blindedClause)) ?? null,
  when: rule.when.map(blindedClause),
});

const blindedClause = (clause: Clause): Clause => (readsHttp(clause) ? { ...clause, test: () => undefined } : clause);
