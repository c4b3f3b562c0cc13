import { queryOf } from '../../graph/access.ts';
import { strangerOf } from '../../semantics/stranger.ts';
import { type Answer, ask, bearerOf, ANONYMOUS, type Question } from '../../graph/ask.ts';
import { UNNAMED_PATH } from '../../graph/probe.ts';
import type { PortFacts } from '../../graph/facts.ts';
import type { AuthorizationPolicy } from '../../model/istio/authorization-policy.ts';
import { unsupportedIn } from '../../semantics/ambient/convert-policy.ts';
import { isDryRun } from '../../semantics/authz/dry-run.ts';
import { type AnomalyContext, findPolicyAnomalies } from '../../semantics/ambient/policy-anomalies.ts';
import type { Anomaly } from '../../semantics/ambient/anomaly.ts';
import { trustDomainsAtZtunnel } from '../../semantics/ambient/versions.ts';
import { compilePolicy, type CompiledRule } from '../../semantics/authz/compile.ts';
import { matchRule } from '../../semantics/authz/evaluate.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Source } from '../../semantics/query.ts';
import { type Sample, samplesOf } from '../../semantics/sample.ts';
import { viewAt } from '../../semantics/sidecar.ts';
import {
  callersLike,
  callersOf,
  type DenyEffect,
  type DenyEffects,
  isRefusedBy,
  operationsAt,
} from './http-deny-probe.ts';
import { likelyCallers } from './likely-callers.ts';

const WITHOUT_EFFECT: ReadonlySet<string> = new Set(['http-rule-without-effect', 'http-entry-without-effect']);

/**
 * DENY rules with HTTP attributes at ztunnel, which knows none: an entry that held nothing else denies nothing, of others the rest denies more
 * (reference §2.9, §4.4). The first is shown by a request that the policy names and that passes, the second by one that it does not name and
 * refuses.
 */
export function ztunnelEffects(enforcement: Enforcement, facts: PortFacts): DenyEffects {
  const { workload } = facts;
  const { considered, input } = enforcement.ztunnel(workload);
  const context: AnomalyContext = { ...input, trustDomains: trustDomainsAtZtunnel(input.version) };
  const effects: DenyEffect[] = [];
  const policies: AuthorizationPolicy[] = [];
  for (const policy of considered) {
    if (policy.spec.action !== 'DENY' || isDryRun(policy)) continue;
    const found = findPolicyAnomalies(policy, context).filter(
      ({ id }) => WITHOUT_EFFECT.has(id) || id === 'http-attributes-dropped',
    );
    if (found.length === 0) continue;
    policies.push(policy);
    const { rules } = compilePolicy(policy, 'http', enforcement.bundleOf(enforcement.configOf(workload)));
    const seen = new Set<DenyEffect['kind']>();
    for (const anomaly of found) {
      const rule = rules.find(({ index }) => index === anomaly.rule);
      const effect = rule && effectOf(enforcement, { policy, rule, anomaly, facts });
      if (!effect || seen.has(effect.kind)) continue;
      seen.add(effect.kind);
      const written = policy.spec.rules?.[effect.rule];
      effects.push({ ...effect, fields: written ? unsupportedIn(written, context) : [] });
    }
  }
  return { effects, policies };
}

interface Case {
  readonly policy: AuthorizationPolicy;
  /** As it would be on an HTTP chain: what was meant. */
  readonly rule: CompiledRule;
  readonly anomaly: Anomaly;
  readonly facts: PortFacts;
}

function effectOf(enforcement: Enforcement, given: Case): Omit<DenyEffect, 'fields'> | undefined {
  const { policy, rule, anomaly, facts } = given;
  const { port } = facts;
  const operations = operationsAt(rule, port.port);
  const [, , , part, entry] = anomaly.path;
  if (operations === 'none' || (part === 'to' && operations !== 'any' && !operations.includes(Number(entry))))
    return undefined;
  const base = { policy, rule: rule.index, path: anomaly.path, point: 'ztunnel' } as const;
  if (!WITHOUT_EFFECT.has(anomaly.id)) {
    const proof = refusedBeyond(enforcement, given);
    return proof && { ...base, kind: 'blocks-more', who: withoutHttp(rule), ...proof };
  }
  // On a port that carries no HTTP there is no request that it was meant to refuse.
  const proof = port.chain === 'tcp' ? undefined : passesThough(enforcement, given);
  return proof && { ...base, kind: 'no-effect', who: callersOf(rule), ...proof };
}

interface Proof {
  readonly question: Question;
  readonly answer: Answer;
}

/** A request that the rule names: one that passes, on its own or through a waypoint, else one that something else refuses. */
function passesThough(enforcement: Enforcement, { policy, rule, facts }: Case): Proof | undefined {
  const { workload, port } = facts;
  const stranger = bearerOf(strangerOf(enforcement.configOf(workload).trustDomain.value));
  let stopped: Proof | undefined;
  for (const { via, sources } of likelyCallers(enforcement, facts)) {
    for (const sample of samplesOf(rule)) {
      const named = sample.peer === undefined ? [] : callersLike(enforcement, workload, sample);
      for (const source of [...named, ...sources, stranger]) {
        const question: Question = { workload, port, source, sample, chain: 'http', ...(via ? { via } : {}) };
        if (!isNamed(question, rule)) continue;
        const answer = ask(enforcement, question);
        if (answer.verdict.outcome === 'allow') return { question, answer };
        if (!isRefusedBy(answer, policy)) stopped ??= { question, answer };
      }
    }
  }
  return stopped;
}

/** Requests that few rules name. */
const OTHERS: readonly Sample[] = ['GET', 'POST', 'OPTIONS', 'DELETE'].map((method) => ({
  method,
  path: UNNAMED_PATH,
}));

/** A request that the rule does not name, and that the policy refuses all the same. */
function refusedBeyond(enforcement: Enforcement, { policy, rule, facts }: Case): Proof | undefined {
  const { workload, port } = facts;
  const stranger = bearerOf(strangerOf(enforcement.configOf(workload).trustDomain.value));
  const named = samplesOf(rule).flatMap((sample) => callersLike(enforcement, workload, sample));
  const sources: readonly Source[] = [...named, stranger, ANONYMOUS];
  const chain = port.chain === 'tcp' ? 'tcp' : 'http';
  for (const sample of chain === 'tcp' ? [{}] : OTHERS) {
    for (const source of sources) {
      const question: Question = { workload, port, source, sample, chain };
      if (chain === 'http' && isNamed(question, rule)) continue;
      const answer = ask(enforcement, question);
      if (isRefusedBy(answer, policy)) return { question, answer };
    }
  }
  return undefined;
}

function isNamed({ workload, port, source, sample }: Question, rule: CompiledRule): boolean {
  const query = queryOf(workload, port, source, sample, true);
  return matchRule(rule, { ...viewAt(query, source.identity, query.http?.path), claims: sample.claims }) === true;
}

/** Of the conditions on the caller, those that ztunnel knows. */
function withoutHttp(rule: CompiledRule): string {
  const http = (field: string): boolean => /^(not)?(request|remote)/i.test(field);
  return callersOf({ ...rule, from: rule.from?.map((clauses) => clauses.filter(({ field }) => !http(field))) ?? null });
}
