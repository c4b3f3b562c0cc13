import { type Answer, ask, type Question } from '../../graph/ask.ts';
import type { Via } from '../../graph/ways-through.ts';
import type { ChainKind, Workload, WorkloadPort } from '../../model/inventory/types.ts';
import type { CompiledPolicy, CompiledRule } from '../../semantics/authz/compile.ts';
import { matchRule } from '../../semantics/authz/evaluate.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { samplesOf } from '../../semantics/sample.ts';
import { viewAt } from '../../semantics/sidecar.ts';
import { queryOf } from '../../graph/access.ts';
import {
  callersLike,
  callersOf,
  type DenyEffect,
  type DenyEffects,
  isRefusedBy,
  operationsAt,
} from './http-deny-probe.ts';

/** Where a DENY is evaluated on a TCP chain: at the pod's own port, or at the service's port of a waypoint. */
export interface TcpPoint {
  readonly workload: Workload;
  readonly port: WorkloadPort;
  readonly via?: Via;
  readonly chain: ChainKind;
  /** The port as policies see it there. */
  readonly number: number;
  readonly point: 'sidecar' | 'gateway' | 'waypoint';
}

/**
 * DENY rules whose HTTP conditions do not exist on the TCP chain of a port, so that what is left of them refuses more (reference §2.8). Each is
 * shown by a plain TCP request that the policy refuses.
 */
export function blockedTcp(enforcement: Enforcement, deny: readonly CompiledPolicy[], at: TcpPoint): DenyEffects {
  const effects: DenyEffect[] = [];
  const policies = deny.filter(({ widened }) => widened.some(({ why }) => why === 'http-only'));
  if (at.chain === 'http') return { effects, policies: policies.map(({ policy }) => policy) };
  for (const compiled of policies) {
    for (const rule of compiled.rules) {
      const lost = lostConditions(compiled, rule, at);
      const [first] = lost;
      const proof = first && refusedRequest(enforcement, compiled, rule, at);
      if (!proof) continue;
      effects.push({
        policy: compiled.policy,
        rule: rule.index,
        path: ['spec', 'rules', rule.index, ...first.path],
        point: at.point,
        kind: at.chain === 'tcp' ? 'blocks' : 'blocks-non-http',
        fields: [...new Set(lost.map(({ field }) => field))],
        who: callersOf(rule),
        ...proof,
      });
      break;
    }
  }
  return { effects, policies: policies.map(({ policy }) => policy) };
}

/**
 * The HTTP conditions that the rule loses in the alternatives that are about this port. On a detected port, what names that port is taken to mean
 * whatever comes there.
 */
function lostConditions(
  { widened }: CompiledPolicy,
  rule: CompiledRule,
  { chain, number }: TcpPoint,
): CompiledPolicy['widened'] {
  const operations = operationsAt(rule, number);
  if (operations === 'none') return [];
  const named = (entry: number): boolean =>
    rule.to?.[entry]?.some(({ field, negated }) => field === 'ports' && !negated) ?? false;
  const about = operations === 'any' || chain === 'tcp' ? operations : operations.filter((entry) => !named(entry));
  if (about.length === 0) return [];
  return widened.filter(({ index, why, path: [part, entry] }) => {
    if (index !== rule.index || why !== 'http-only') return false;
    return part !== 'to' || about === 'any' || about.includes(Number(entry));
  });
}

interface Proof {
  readonly question: Question;
  readonly answer: Answer;
}

function refusedRequest(
  enforcement: Enforcement,
  { policy }: CompiledPolicy,
  rule: CompiledRule,
  at: TcpPoint,
): Proof | undefined {
  const { workload, port, via, number } = at;
  for (const sample of samplesOf(rule)) {
    for (const source of callersLike(enforcement, workload, sample)) {
      const question: Question = { workload, port, source, sample, chain: 'tcp', ...(via ? { via } : {}) };
      const answer = ask(enforcement, question);
      if (isRefusedBy(answer, policy)) return { question, answer };
      // Another DENY may come first in the pool; this one refuses it all the same.
      const denied = answer.verdict.trace.some(({ stage, outcome }) => stage === 'deny' && outcome === 'stop');
      const view = {
        ...viewAt(queryOf(workload, port, source, sample, false), source.identity, undefined),
        port: number,
        claims: undefined,
      };
      if (denied && matchRule(rule, view) === true) return { question, answer };
    }
  }
  return undefined;
}
