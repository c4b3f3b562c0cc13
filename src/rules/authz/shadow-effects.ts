import { type Answer, ask, type Question } from '../../graph/ask.ts';
import type { Facts, PortFacts } from '../../graph/facts.ts';
import { UNNAMED_PATH } from '../../graph/probe.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { AuthorizationPolicy } from '../../model/istio/authorization-policy.ts';
import { actionOf, compilePolicy } from '../../semantics/authz/compile.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Source } from '../../semantics/query.ts';
import { type Sample, samplesOf } from '../../semantics/sample.ts';
import { callersLike } from './http-deny-probe.ts';
import { likelyCallers } from './likely-callers.ts';

/** A request that the policy would decide otherwise if it were enforced. */
export interface ShadowEffect {
  readonly kind: 'closes' | 'opens';
  readonly question: Question;
  readonly before: Answer;
  readonly after: Answer;
}

const MOST_SAMPLES = 8;

/**
 * Requests to one port whose outcome a dry-run policy would change. A DENY and a first ALLOW can only close, a further ALLOW can only open: what
 * cannot change is not asked about. Shadow rules are no help here, since they see the dry-run policies alone (reference §15.10).
 */
function shadowEffects(
  enforcement: Enforcement,
  enforced: Enforcement,
  policy: AuthorizationPolicy,
  facts: PortFacts,
): readonly ShadowEffect[] {
  const found = new Map<ShadowEffect['kind'], ShadowEffect>();
  for (const { question, kind } of questionsOf(enforcement, policy, facts)) {
    if (found.has(kind)) continue;
    const [from, to] = kind === 'closes' ? (['allow', 'deny'] as const) : (['deny', 'allow'] as const);
    const before = ask(enforcement, question);
    if (before.verdict.outcome !== from) continue;
    const after = ask(enforced, question);
    if (after.verdict.outcome === to) found.set(kind, { kind, question, before, after });
  }
  return [...found.values()].sort((a, b) => (a.kind < b.kind ? -1 : 1));
}

const ORDINARY: readonly Sample[] = [
  { method: 'GET', path: UNNAMED_PATH },
  { method: 'POST', path: UNNAMED_PATH },
];

interface Asked {
  readonly question: Question;
  readonly kind: ShadowEffect['kind'];
}

function* questionsOf(enforcement: Enforcement, policy: AuthorizationPolicy, facts: PortFacts): Iterable<Asked> {
  const { workload, port } = facts;
  const bundle = enforcement.bundleOf(enforcement.configOf(workload));
  const denies = actionOf(policy) === 'DENY';
  for (const { via, sources, hasAllow } of likelyCallers(enforcement, facts)) {
    const declared = via?.port.chain ?? port.chain;
    for (const chain of declared === 'auto' ? (['http', 'tcp'] as const) : [declared]) {
      const ask = (source: Source, sample: Sample): Question => ({
        workload,
        port,
        chain,
        source,
        sample,
        ...(via ? { via } : {}),
      });
      if (!denies && !hasAllow) {
        for (const source of sources) {
          for (const sample of chain === 'tcp' ? [{}] : ORDINARY)
            yield { kind: 'closes', question: ask(source, sample) };
        }
        continue;
      }
      const named = compilePolicy(policy, chain, bundle).rules.flatMap(samplesOf).slice(0, MOST_SAMPLES);
      for (const { claims, ...sample } of named) {
        const asked = chain === 'http' && claims ? { ...sample, claims } : sample;
        // What a rule asks of the caller, else whoever gets in today; what nobody may do today, anybody may gain.
        const like =
          sample.peer === undefined && denies ? sources : callersLike(enforcement, workload, sample).toReversed();
        for (const source of like) yield { kind: denies ? 'closes' : 'opens', question: ask(source, asked) };
      }
    }
  }
}

export interface PortEffect {
  readonly port: PortFacts;
  readonly effect: ShadowEffect;
}

/** What enforcing a policy changes at the ports of a workload, what it closes first, the easiest way in before others. */
export function effectsAt(
  facts: Facts,
  workload: Workload,
  policy: AuthorizationPolicy,
  enforced: Enforcement,
): readonly PortEffect[] {
  const found = facts.ports(workload).flatMap((port): readonly PortEffect[] => {
    if (!port.captured.captured) return [];
    if (workload.gateway && port.port.declaredBy !== 'gateway' && port.port.declaredBy !== 'listener') return [];
    return shadowEffects(facts.enforcement, enforced, policy, port).map((effect) => ({ port, effect }));
  });
  const rank = ({ effect }: PortEffect): number =>
    effect.kind === 'opens' ? 2 : effect.question.source.identity === null ? 0 : 1;
  return found.sort((a, b) => rank(a) - rank(b));
}

/** `GET /v1/charges without an identity → port 8080`. */
export function describeQuestion({ question: { source, sample, chain, port, via } }: ShadowEffect): string {
  const what =
    chain === 'tcp'
      ? 'a TCP connection'
      : `${sample.method ?? 'GET'} ${sample.path ?? '/'}${sample.claims ? ' with a token' : ''}`;
  const who = source.identity === null ? 'without any identity' : `as ${source.identity}`;
  return `${what} ${who} → ${via ? `Service ${via.service.id}:${via.port.port}` : `port ${port.port}`}`;
}
