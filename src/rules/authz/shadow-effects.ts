import { strangerOf } from '../../graph/access.ts';
import { ANONYMOUS, type Answer, ask, bearerOf, type Question, type Via, waysThrough } from '../../graph/ask.ts';
import type { Facts, PortFacts } from '../../graph/facts.ts';
import { UNNAMED_PATH } from '../../graph/probe.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { AuthorizationPolicy } from '../../model/istio/authorization-policy.ts';
import { waypointOf } from '../../semantics/ambient/waypoint.ts';
import { compilePolicy } from '../../semantics/authz/compile.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Source } from '../../semantics/query.ts';
import { type Sample, samplesOf } from '../../semantics/sample.ts';
import { callersLike } from './http-deny-probe.ts';

/** A request that the policy would decide otherwise if it were enforced. */
export interface ShadowEffect {
  readonly kind: 'closes' | 'opens';
  readonly question: Question;
  readonly before: Answer;
  readonly after: Answer;
}

const MOST_SAMPLES = 8;

/**
 * Requests to one port whose outcome a dry-run policy would change: those that its rules name, and ordinary ones of callers with and without an
 * identity. Shadow rules are no help here, since they see the dry-run policies alone (reference §15.10). The worst first; of each kind one.
 */
function shadowEffects(
  enforcement: Enforcement,
  enforced: Enforcement,
  policy: AuthorizationPolicy,
  facts: PortFacts,
): readonly ShadowEffect[] {
  const found = new Map<ShadowEffect['kind'], ShadowEffect>();
  for (const question of questionsOf(enforcement, policy, facts)) {
    const before = ask(enforcement, question);
    const after = ask(enforced, question);
    const kind = before.verdict.outcome === 'allow' && after.verdict.outcome === 'deny' ? 'closes' : 'opens';
    if (kind === 'opens' && !(before.verdict.outcome === 'deny' && after.verdict.outcome === 'allow')) continue;
    if (!found.has(kind)) found.set(kind, { kind, question, before, after });
    if (found.size === 2) break;
  }
  return [...found.values()].sort((a, b) => (a.kind < b.kind ? -1 : 1));
}

const ORDINARY: readonly Sample[] = [
  { method: 'GET', path: UNNAMED_PATH },
  { method: 'POST', path: UNNAMED_PATH },
];

function* questionsOf(enforcement: Enforcement, policy: AuthorizationPolicy, facts: PortFacts): Iterable<Question> {
  const { workload, port } = facts;
  const stranger = bearerOf(strangerOf(enforcement.mesh.config.trustDomain.value));
  const ways: readonly (Via | undefined)[] =
    workload.dataPlane.kind === 'ambient' ? [undefined, ...viasOf(enforcement, facts)] : [undefined];
  const bundle = enforcement.bundleOf(enforcement.configOf(workload));
  for (const via of ways) {
    const kind = via?.port.chain ?? port.chain;
    for (const chain of kind === 'auto' ? (['http', 'tcp'] as const) : [kind]) {
      const named = compilePolicy(policy, chain, bundle).rules.flatMap(samplesOf).slice(0, MOST_SAMPLES);
      const at = { workload, port, chain, ...(via ? { via } : {}) };
      const ask = (source: Source, sample: Sample): Question => ({ ...at, source, sample });
      const samples = chain === 'tcp' ? [{}] : ORDINARY;
      // A waypoint is out of reach without an identity.
      const anybody = via ? [stranger] : [ANONYMOUS, stranger];
      for (const source of anybody) for (const sample of samples) yield ask(source, sample);
      for (const sample of named) {
        const asked = { ...sample, ...(chain === 'tcp' ? { claims: undefined } : {}) } as Sample;
        for (const source of callersLike(enforcement, sample).toReversed())
          if (!via || source.identity !== null) yield ask(source, asked);
      }
    }
  }
}

function viasOf(enforcement: Enforcement, { port }: PortFacts): readonly Via[] {
  return waysThrough(enforcement, port).filter(({ service }) => waypointOf(enforcement, service) !== undefined);
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
