import type { Facts, PortFacts } from '../../graph/facts.ts';
import { findTokenlessEntrance } from '../../graph/tokenless-entrance.ts';
import { type TokenFact, type Tokenless, tokenFactOf } from '../../graph/tokenless.ts';
import { byOf } from '../../model/by.ts';
import type { Evidence } from '../../result/types.ts';
import { callerStatus } from '../caller-status.ts';
import { type Factors, type Outcome, type Rule, subjectOf } from '../rule.ts';
import { describeTokenless } from './describe-tokenless.ts';
import { explainMissingToken } from './explain-missing-token.ts';

/**
 * RequestAuthentication applies and a request without any token is authorised all the same, beyond well-known public endpoints: it refuses
 * bad tokens, and only an AuthorizationPolicy can ask for one. Judged by such a request, whichever rule lets it in. Source: reference §3.
 */
export const jwtNotRequired: Rule = {
  meta: {
    id: 'authn/jwt-not-required',
    title: 'a request without a token is authorised where tokens are checked',
    severity: 'HIGH',
    catalogue: 'JW-01',
    dimension: 'request-authn',
    references: [
      'https://istio.io/latest/docs/reference/config/security/request_authentication/',
      'https://istio.io/latest/docs/tasks/security/authentication/authn-policy/#require-a-valid-token',
    ],
  },

  *judge(facts) {
    for (const workload of facts.mesh.workloads) {
      for (const port of facts.ports(workload)) {
        const fact = tokenFactOf(facts.enforcement, workload, port.port);
        // Where no RequestAuthentication applies there is nothing to look at.
        if (fact.kind !== 'none') yield judgePort(facts, port, fact);
      }
    }
  },

  explain: explainMissingToken,
};

function judgePort(facts: Facts, port: PortFacts, fact: Exclude<TokenFact, { kind: 'none' }>): Outcome {
  const { workload } = port;
  const subject = subjectOf(workload, port.port.port);
  const name = `RequestAuthentication ${fact.policy.namespace}/${fact.policy.name}`;
  if (fact.kind === 'no-effect')
    return { kind: 'not-applicable', subject, why: `${name} has no effect here: ${fact.why}` };
  const [worst] = [...(fact.kind === 'open' ? fact.openings : [])].sort((a, b) => rank(a) - rank(b));
  if (fact.kind !== 'open' || !worst) return { kind: 'pass', subject };
  const internet = findTokenlessEntrance(facts, port, fact.openings);
  return {
    kind: 'fail',
    subject,
    cause: byOf(fact.policy),
    causeKey: '',
    factors: {
      entry: internet ? 'internet' : entryOf(worst),
      requires: [...new Set((internet?.verdict ?? worst.answer.verdict).requires.map(({ kind }) => kind))],
      breaches: 0,
      sensitivity: facts.sensitivity(workload).level,
      // A way in from outside without a token says that nobody on it asks for one.
      compensations: internet ? [] : tokensElsewhere(facts, port, fact.openings),
      stated: facts.wanted.isStated(workload),
      defenceInDepth: false,
    },
    ...callerStatus(facts, port),
    evidence: [
      {
        source: byOf(fact.policy, { path: ['spec', 'jwtRules'] }).location,
        path: 'spec.jwtRules',
        shows: `${name} checks tokens on port ${port.port.port} of ${workload.id} and asks for none`,
      },
      ...fact.openings.slice(0, 5).map((opening) => evidenceOf(port, opening)),
    ],
    witness: internet?.request ?? worst.answer.request,
  };
}

const ORDER: readonly Factors['entry'][] = ['internet', 'plaintext', 'any-identity', 'named-identities', 'none'];
const entryOf = ({ callers }: Tokenless): Factors['entry'] => (callers === 'anyone' ? 'plaintext' : callers);
const rank = (opening: Tokenless): number => ORDER.indexOf(entryOf(opening));

function evidenceOf({ workload, port }: PortFacts, opening: Tokenless): Evidence {
  const { by, callers, identities } = opening;
  const who =
    callers === 'anyone'
      ? 'without an identity'
      : callers === 'any-identity'
        ? 'as any identity of the mesh'
        : `as ${identities[0] ?? 'a named identity'}`;
  const why = by
    ? `${by.kind} ${by.namespace}/${by.name} rule ${(by.rule ?? 0) + 1} allows it`
    : 'no ALLOW policy applies, so that it passes';
  return {
    source: by?.location ?? subjectOf(workload).location,
    ...(by ? { path: `spec.rules[${by.rule ?? 0}]` } : {}),
    shows: `${describeTokenless(opening)} on ${workload.id}:${port.port} without a token, ${who}: ${why}`,
  };
}

/** Gateways in front of it, or workloads behind it, that demand a token themselves. */
function tokensElsewhere(facts: Facts, { workload }: PortFacts, openings: readonly Tokenless[]): readonly string[] {
  const { enforcement } = facts;
  const demands = (other: PortFacts['workload']): boolean => {
    const known = other.ports
      .map((port) => tokenFactOf(enforcement, other, port).kind)
      .filter((kind) => kind !== 'none' && kind !== 'no-effect');
    return known.length > 0 && known.every((kind) => kind === 'required');
  };
  if (workload.dataPlane.kind === 'gateway') {
    const behind = facts.entrances.routes
      .filter(({ gateway }) => gateway === workload)
      .flatMap((route) => route.workloads.map((each) => each.workload));
    return behind.length > 0 && behind.every(demands) ? ['a token that the workloads behind it demand themselves'] : [];
  }
  if (openings.some(({ callers }) => callers !== 'named-identities')) return [];
  const holders = openings.flatMap(({ identities }) =>
    identities.flatMap((identity) => enforcement.holdersOf(identity)),
  );
  const guarded =
    holders.length > 0 && holders.every((holder) => holder.dataPlane.kind === 'gateway' && demands(holder));
  return guarded ? ['a token that the gateway in front of it demands'] : [];
}
