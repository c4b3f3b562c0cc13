import { SENSITIVITIES } from '../../result/status.ts';
import type { Facts } from '../../graph/facts.ts';
import { type IdleRule, judgeRules, type RuleJudgement } from '../../graph/idle-rules.ts';
import { byOf } from '../../model/by.ts';
import type { AuthorizationPolicy } from '../../model/istio/authorization-policy.ts';
import type { Subject } from '../../result/types.ts';
import { actionOf } from '../../semantics/authz/compile.ts';
import { isDryRun } from '../../semantics/authz/dry-run.ts';
import type { Factors, Outcome, Rule } from '../rule.ts';
import { describeIdle } from './describe-idle.ts';
import { explainIdle } from './explain-idle.ts';

/**
 * Rules of AuthorizationPolicies without which every verdict would be the same, proved on sets of requests. DENY is looked at before ALLOW, and
 * one rule that matches is enough. Source: reference §2.1 (istio pilot/pkg/security/authz/builder/builder.go), §4.1 for ztunnel.
 */
export const idleRule: Rule = {
  meta: {
    id: 'authz/idle-rule',
    title: 'a policy rule decides nothing',
    severity: 'LOW',
    catalogue: 'none',
    dimension: 'auditability',
    references: [
      'https://istio.io/latest/docs/concepts/security/#implicit-enablement',
      'https://istio.io/latest/docs/reference/config/security/authorization-policy/',
      'https://istio.io/latest/docs/reference/config/security/conditions/',
    ],
  },

  *judge(facts) {
    const policies = facts.mesh.resources.of('AuthorizationPolicy');
    if (policies.length === 0) return;
    const judgements = judgeRules(facts.enforcement);
    for (const policy of policies) yield judgePolicy(facts, policy, [...(judgements.get(policy)?.values() ?? [])]);
  },

  explain: explainIdle,
};

function judgePolicy(facts: Facts, policy: AuthorizationPolicy, rules: readonly RuleJudgement[]): Outcome {
  const { kind, namespace, name, location } = byOf(policy);
  const subject: Subject = { cluster: policy.cluster, kind, namespace, name, location };
  const skip = (why: string): Outcome => ({ kind: 'not-applicable', subject, why });
  const action = actionOf(policy);
  if (action === 'AUDIT' || action === 'CUSTOM') return skip(`${action} rules are not judged`);
  if (isDryRun(policy)) return skip('it is a dry run: see authz/dry-run-only');
  if ((policy.spec.rules ?? []).length === 0) return skip('it has no rules');
  if (rules.length === 0) return skip('no proxy of the input was asked about its rules');
  for (const rule of rules) if (rule.kind === 'not-judged') return skip(rule.why);
  const idle = rules.filter((rule): rule is IdleRule => rule.kind === 'idle').sort((a, b) => a.index - b.index);
  if (idle.length === 0) return { kind: 'pass', subject };
  const workloads = [...new Set(idle.flatMap(({ at }) => at.map(({ workload }) => workload)))];
  const touched = new Set(
    workloads.flatMap((workload) =>
      facts.enforcement
        .patchesOf(workload)
        .map((patch) => `${patch.kind} ${patch.namespace}/${patch.name} leaves authorization alone`),
    ),
  );
  const isUnsure = touched.size > 0 || workloads.some(({ dataPlane }) => dataPlane.status === 'UNKNOWN');
  return {
    kind: 'fail',
    subject,
    cause: byOf(policy),
    causeKey: '',
    factors: factorsOf(facts, idle),
    status: isUnsure ? 'UNKNOWN' : 'INFERRED',
    assumes: [
      ...new Set(workloads.flatMap(({ dataPlane }) => dataPlane.assumes)),
      ...touched,
      ...new Set(idle.flatMap((rule) => assumptionsOf(facts, rule))),
    ],
    evidence: idle.map((rule) => ({
      source: policy.origin.locate(['spec', 'rules', rule.index]),
      path: `spec.rules[${rule.index}]`,
      shows: describeIdle(rule),
    })),
  };
}

function assumptionsOf(facts: Facts, { why, unless }: IdleRule): readonly string[] {
  const { rootNamespace } = facts.enforcement;
  const seesRoot = facts.isComplete('root-policies') || facts.isComplete({ namespace: rootNamespace });
  const ports = unless.map((port) => `nothing listens at port ${port}, which no workload that it applies to declares`);
  if (seesRoot || (why.kind !== 'nothing-to-deny' && why.kind !== 'never-matches')) return ports;
  return [...ports, `no policy of the root namespace ${rootNamespace} says more (that namespace is not in the input)`];
}

/** A DENY that can match nothing is a protection that was meant and is not there; all else is tidiness. */
function factorsOf(facts: Facts, idle: readonly IdleRule[]): Factors {
  const missing = idle.filter(({ policy, why }) => actionOf(policy) === 'DENY' && why.kind === 'never-matches');
  const places = missing.flatMap(({ at }) => at);
  const workloads = [...new Set(places.map(({ workload }) => workload))];
  const levels = new Set(workloads.map((workload) => facts.sensitivity(workload).level));
  const strict = places.some(({ workload, port }) =>
    facts.ports(workload).some((own) => own.port === port && own.mtls.mode === 'STRICT'),
  );
  return {
    entry: 'none',
    requires: [],
    breaches: 0,
    sensitivity: SENSITIVITIES.find((level) => levels.has(level)) ?? 'none',
    // What has no identity, which such rules are mostly about, gets no further than the handshake.
    compensations: strict ? ['mutual TLS, which is required there,'] : [],
    stated: workloads.some((workload) => facts.wanted.isStated(workload)),
    defenceInDepth: true,
  };
}
