import { withPolicies } from '../../graph/apply.ts';
import type { Request } from '../../result/request.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { findMatch, matchRule } from '../../semantics/authz/evaluate.ts';
import type { Judged } from '../../semantics/judged.ts';
import type { TraceStep, Verdict } from '../../semantics/verdict.ts';
import { type Answered, answerRequest, type EndpointAnswer } from '../answer-request.ts';
import { advise } from './advise.ts';
import { dimensionOf } from './clause-dimension.ts';
import { compareAfter } from './compare-after.ts';
import type { Effect } from './effect.ts';
import { editToken } from './edit.ts';
import type { Proposal } from './proposal.ts';
import { proposeAllow } from './propose-allow.ts';
import { proposeException } from './propose-exception.ts';
import { proposeNetwork } from './propose-network.ts';
import { proposeRefusal } from './propose-refusal.ts';
import { proposeTransport } from './propose-transport.ts';
import { proveEffect } from './prove-effect.ts';
import { acceptedBy } from './read-token.ts';

/** One change of one object, with what it turns besides. */
export interface ChangeStep {
  readonly proposal: Proposal;
  readonly effect: Effect;
}

/** What would have to change for the other verdict, decided again on the changed model. */
export interface Change {
  readonly to: 'allow' | 'deny';
  /** What to do besides, or instead of, changing policies. */
  readonly advice?: string;
  /** One after the other; empty: no change of a policy was found that turns it. */
  readonly steps: readonly ChangeStep[];
  /** Of the request once all steps are made; null without steps. */
  readonly after: Verdict | null;
  /** Other ways to make the first step. */
  readonly alternatives: readonly ChangeStep[];
}

const MOST_STEPS = 3;
const MOST_MEASURED = 5;
const MOST_ALTERNATIVES = 2;

/** The smallest safe change of policies that gives a request the other verdict; null: none, and nothing to advise. */
export function findChange(enforcement: Enforcement, request: Request, answered: Answered): Change | null {
  return answered.decisive.verdict.outcome === 'allow'
    ? refuse(enforcement, request, answered.decisive)
    : admit(enforcement, request, answered);
}

function admit(enforcement: Enforcement, given: Request, answered: Answered): Change | null {
  let request = given;
  const steps: ChangeStep[] = [];
  let alternatives: readonly ChangeStep[] = [];
  let advice: string | undefined;
  let now = { enforcement, answered };
  while (steps.length < MOST_STEPS && now.answered.decisive.verdict.outcome === 'deny') {
    const { decisive } = now.answered;
    const stop = stopOf(decisive.verdict);
    if (!stop) break;
    advice ??= advise(request, stop, decisive) ?? missingToken(stop, decisive);
    const found = missingToken(stop, decisive)
      ? []
      : tryAll(
          now.enforcement,
          request,
          decisive,
          judgedAt(stop, decisive),
          proposalsFor(now.enforcement, stop, decisive),
        );
    const [best, ...others] = found;
    if (!best) {
      const withToken = steps.length === 0 ? addToken(now.enforcement, request, stop, decisive) : undefined;
      if (!withToken) break;
      ({ request } = withToken);
      advice ??= withToken.advice;
      now = { enforcement: now.enforcement, answered: withToken.answered };
      continue;
    }
    if (steps.length === 0) alternatives = others.filter(({ passes }) => passes).slice(0, MOST_ALTERNATIVES);
    steps.push({ proposal: best.proposal, effect: best.effect });
    now = { enforcement: best.enforcement, answered: best.answered };
  }
  const { verdict } = now.answered.decisive;
  const said = advice === undefined ? {} : { advice };
  if (verdict.outcome === 'allow')
    return { to: 'allow', ...said, steps, after: verdict, alternatives: plain(alternatives) };
  return advice === undefined ? null : { to: 'allow', advice, steps: [], after: null, alternatives: [] };
}

function refuse(enforcement: Enforcement, request: Request, answer: EndpointAnswer): Change | null {
  const { judged, query } = answer;
  // The point nearest to the destination: what others let through still meets it.
  const last = judged.at(-1);
  if (!last) {
    const workload = query?.destination.workload.id;
    if (workload === undefined) return null;
    const advice = `no proxy enforces anything on this way; put ${workload} into the mesh, or stop it with a NetworkPolicy`;
    return { to: 'deny', advice, steps: [], after: null, alternatives: [] };
  }
  const proposals = proposeRefusal(enforcement.mesh, last, holdersOf(enforcement, last));
  const [best] = tryAll(enforcement, request, answer, last, proposals);
  if (!best?.passes) return null;
  const { proposal, effect } = best;
  return { to: 'deny', steps: [{ proposal, effect }], after: best.answered.decisive.verdict, alternatives: [] };
}

interface Tried extends ChangeStep {
  readonly enforcement: Enforcement;
  readonly answered: Answered;
  /** The request has the other verdict now, or at least gets further. */
  readonly passes: boolean;
}

const plain = (steps: readonly ChangeStep[]): readonly ChangeStep[] =>
  steps.map(({ proposal, effect }) => ({ proposal, effect }));

/** Applies each proposal and decides again; of those that help, the one that turns least else comes first. */
function tryAll(
  enforcement: Enforcement,
  request: Request,
  { verdict: before, query }: EndpointAnswer,
  judged: Judged | undefined,
  proposals: readonly Proposal[],
): readonly Tried[] {
  const to = before.outcome === 'allow' ? 'deny' : 'allow';
  const stopped = stopOf(before);
  const helpful = proposals.flatMap((proposal) => {
    const after = withPolicies(enforcement, { add: [proposal.resource] });
    const answered = answerRequest(after, request, { explain: true, watch: true });
    if ('error' in answered) return [];
    const { verdict } = answered.decisive;
    const stop = stopOf(verdict);
    const moved = stop?.point !== stopped?.point || stop?.stage !== stopped?.stage || stop?.text !== stopped?.text;
    const passes = verdict.outcome === to;
    return passes || (to === 'allow' && moved) ? [{ proposal, enforcement: after, answered, passes }] : [];
  });
  const useful = helpful.some(({ passes }) => passes) ? helpful.filter(({ passes }) => passes) : helpful;
  return [...useful]
    .sort((a, b) => safety(a.proposal) - safety(b.proposal) || a.proposal.size - b.proposal.size)
    .slice(0, MOST_MEASURED)
    .map((tried) => {
      const { proposal } = tried;
      const proven =
        judged && query && proposal.resource.kind === 'AuthorizationPolicy'
          ? proveEffect(enforcement, tried.enforcement, judged, query, proposal, to)
          : undefined;
      return { ...tried, effect: proven ?? compareAfter(enforcement, tried.enforcement, request, proposal, to) };
    })
    .sort(
      (a, b) =>
        a.effect.turned - b.effect.turned ||
        safety(a.proposal) - safety(b.proposal) ||
        a.proposal.size - b.proposal.size,
    );
}

/** What is proven to turn nothing else comes before what was only not seen to. */
const safety = ({ limits }: Proposal): number => (limits === undefined ? 1 : 0);

function stopOf({ trace }: Verdict): TraceStep | undefined {
  return trace.findLast(({ outcome }) => outcome === 'stop');
}

function proposalsFor(enforcement: Enforcement, stop: TraceStep, answer: EndpointAnswer): readonly Proposal[] {
  const { query } = answer;
  if (!query) return [];
  const { workload, port } = query.destination;
  const judged = judgedAt(stop, answer);
  switch (stop.stage) {
    case 'allow':
      return judged ? proposeAllow(enforcement.mesh, judged, holdersOf(enforcement, judged)) : [];
    case 'deny':
      if (stop.by?.kind === 'PeerAuthentication') return proposeTransport(enforcement, workload, port);
      return judged ? proposeException(enforcement.mesh, judged) : [];
    case 'transport':
      return stop.point === 'gateway' ? [] : proposeTransport(enforcement, workload, port);
    case 'network-policy':
      return proposeNetwork(enforcement.mesh, query);
    default:
      return [];
  }
}

/** Where the request was stopped: an attacker tries more than one way. */
function judgedAt({ point, stage }: TraceStep, { judged }: EndpointAnswer): Judged | undefined {
  return judged.find(({ point: at, chain, view }) => {
    if (at !== point) return false;
    const denied = findMatch(chain.deny, view) !== undefined;
    return stage === 'deny' ? denied : !denied && chain.allow.length > 0 && !findMatch(chain.allow, view);
  });
}

/** A rule would match if the caller sent a token: then a token is what is missing, and no policy is to be given up for it. */
function missingToken(stop: TraceStep, answer: EndpointAnswer): string | undefined {
  const judged = stop.stage === 'allow' ? judgedAt(stop, answer) : undefined;
  if (!judged || judged.view.claims) return undefined;
  for (const { policy, rules } of judged.chain.allow) {
    const rule = rules.find(
      ({ from, to, when, index }) =>
        matchRule(
          { index, to, when: when.filter(isNoToken), from: from?.map((each) => each.filter(isNoToken)) ?? null },
          judged.view,
        ) === true,
    );
    if (rule)
      return `the caller has to send a valid token: that is all that ${policy.namespace}/${policy.name} rules[${rule.index}] misses`;
  }
  return undefined;
}

/** Rules that ask for a token are never given up: the request gets one, and what is still missing is looked at after that. */
function addToken(
  enforcement: Enforcement,
  request: Request,
  stop: TraceStep,
  answer: EndpointAnswer,
): { readonly request: Request; readonly answered: Answered; readonly advice: string } | undefined {
  const judged = stop.stage === 'allow' ? judgedAt(stop, answer) : undefined;
  const provider = judged?.view.claims ? undefined : judged?.providers[0];
  if (!provider || request.jwt) return undefined;
  const asking = editToken(acceptedBy(provider, {})).apply(request);
  const answered = answerRequest(enforcement, asking, { explain: true, watch: true });
  if ('error' in answered) return undefined;
  const advice = `the caller has to send a valid token of ${provider.rule.issuer ?? 'some issuer'}, besides`;
  return { request: asking, answered, advice };
}

const isNoToken = (clause: { readonly field: string }): boolean => dimensionOf(clause) !== 'token';

/** How many workloads have the identity that the point saw. */
function holdersOf({ mesh }: Enforcement, { view }: Judged): number {
  return view.peer === null ? 0 : (mesh.identities.get(view.peer)?.length ?? 1);
}
