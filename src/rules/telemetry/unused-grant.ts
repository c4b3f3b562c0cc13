import type { Facts } from '../../graph/facts.ts';
import { byOf } from '../../model/by.ts';
import type { Principal, Workload } from '../../model/inventory/types.ts';
import type { AuthorizationPolicy } from '../../model/istio/authorization-policy.ts';
import { actionOf } from '../../semantics/authz/compile.ts';
import { isDryRun } from '../../semantics/authz/dry-run.ts';
import { uncountedBy } from '../../semantics/telemetry/counted-calls.ts';
import { changeSpec } from '../changes.ts';
import { type CauseGroup, type Explanation, type Rule, subjectOf } from '../rule.ts';
import { extentOf, workloadsOf } from '../workload-names.ts';
import { metricsDays, notSeen, seenFactors } from './words.ts';

/** Days of metrics before a grant counts as unused: what runs once a week has run. */
const ENOUGH = 7;

/**
 * An identity that an ALLOW names one by one, and that never called in a week and more. Telemetry proves that something happened, never that
 * nothing else can: what runs once a month is not seen, and what is declared or accepted as wanted stays.
 */
export const unusedGrant: Rule = {
  meta: {
    id: 'telemetry/unused-grant',
    title: 'an identity is admitted and never calls',
    severity: 'LOW',
    catalogue: 'AZ-24',
    dimension: 'authorization',
    references: ['https://istio.io/latest/docs/reference/config/security/authorization-policy/'],
  },

  *judge(facts) {
    const enough = metricsDays(facts) >= ENOUGH;
    for (const workload of facts.mesh.workloads) {
      if (facts.traffic.to(workload).length === 0) {
        yield notSeen(facts, workload);
        continue;
      }
      const granted = grantsAt(facts, workload);
      if (!enough || granted.length === 0) {
        const why = enough ? 'no ALLOW names identities' : `metrics cover less than ${ENOUGH} whole days`;
        yield { kind: 'not-applicable', subject: subjectOf(workload), why };
        continue;
      }
      const hidden = uncountedBy(facts.enforcement, workload);
      if (hidden) {
        const why = `Telemetry ${hidden.namespace}/${hidden.name} turns metrics off, or changes who they name as the caller`;
        yield { kind: 'not-applicable', subject: subjectOf(workload), why };
        continue;
      }
      const unused = granted.filter(({ principal }) => !isUsed(facts, workload, principal));
      if (unused.length === 0) yield { kind: 'pass', subject: subjectOf(workload) };
      for (const { policy, rule, principal } of unused) {
        const cause = byOf(policy, { rule, path: ['spec', 'rules', rule] });
        yield {
          kind: 'fail',
          subject: subjectOf(workload),
          cause,
          causeKey: principal,
          factors: { ...seenFactors(facts, workload, 'named-identities'), breaches: 1 },
          status: 'INFERRED',
          assumes: ['what was not seen in the window does not happen later'],
          evidence: [
            {
              source: cause.location,
              path: `spec.rules[${rule}].from`,
              value: principal,
              shows: `admitted to ${workload.id}, and not among its callers in ${metricsDays(facts)} days of metrics`,
            },
          ],
        };
      }
    }
  },

  explain,
};

interface Granted {
  readonly policy: AuthorizationPolicy;
  readonly rule: number;
  readonly principal: Principal;
}

/** Identities that enforced ALLOW rules name exactly. */
function grantsAt({ enforcement }: Facts, workload: Workload): readonly Granted[] {
  if (workload.dataPlane.kind === 'none') return [];
  return enforcement.envoy(workload).authorization.flatMap((policy) =>
    actionOf(policy) !== 'ALLOW' || isDryRun(policy)
      ? []
      : (policy.spec.rules ?? []).flatMap(({ from = [] }, rule) =>
          from
            .flatMap(({ source }) => source?.principals ?? [])
            .filter((name) => !name.includes('*'))
            .map((name) => ({ policy, rule, principal: name as Principal })),
        ),
  );
}

function isUsed({ traffic, wanted, enforcement }: Facts, workload: Workload, principal: Principal): boolean {
  const holders = new Set(enforcement.holdersOf(principal).map(({ id }) => id as string));
  const isWanted = wanted.to(workload).some(({ from, basis }) => basis !== 'implied' && holders.has(from));
  return (
    isWanted ||
    traffic
      .to(workload)
      .some(
        ({ from, security }) =>
          security !== 'none' &&
          (from.principal === principal || holders.has(from.workload?.id ?? '') || from.name === 'some mesh identity'),
      )
  );
}

function explain({ cause, causeKey, fails }: CauseGroup, facts: Facts): Explanation {
  const workloads = workloadsOf(facts, fails);
  const policy =
    cause && facts.mesh.resources.find('AuthorizationPolicy', cause.namespace, cause.name, fails[0]?.subject.cluster);
  const rule = cause?.rule;
  const holders = facts.enforcement.holdersOf(causeKey as Principal);
  const seldom = holders.filter(({ kind }) => kind === 'CronJob' || kind === 'Job');
  const days = metricsDays(facts);
  const used = policy
    ? facts.mesh.workloads.filter(
        (workload) =>
          grantsAt(facts, workload).some(
            (each) => each.policy === policy && each.rule === rule && each.principal === causeKey,
          ) && isUsed(facts, workload, causeKey as Principal),
      )
    : [];
  const changes =
    policy && rule !== undefined && used.length === 0 ? [changeSpec(policy, without(policy, rule, causeKey))] : [];
  return {
    title: `${causeKey} is admitted to ${extentOf(workloads)} and never called in ${days} days`,
    scenario: `Whoever takes over a workload with ${causeKey} may call ${extentOf(workloads)}, which nobody seems to need.`,
    impact: 'Confidentiality and integrity: a way for lateral movement that no traffic uses.',
    remediation: {
      summary:
        used.length > 0
          ? `the rule also admits it to ${extentOf(used)}, where it does call: give these workloads a policy of their own`
          : `take it out of rules[${rule}] of ${policy?.namespace}/${policy?.name}`,
      changes,
      steps: [
        `break risk: ${seldom.length > 0 ? `${extentOf(seldom)} runs as a job, and may run seldom` : holders.length === 0 ? 'no workload of the input has the identity' : 'what runs less often than the window is not seen'}`,
        'ask the owner; what is wanted belongs into `wanted` of meshproof.yaml, and is then no finding',
        'try it first: a copy with istio.io/dry-run, then meshproof dry-run',
      ],
    },
    validation: {
      positive: ['the callers that were seen pass on new connections'],
      negative: [`a call with ${causeKey} is refused: 403, or a reset for TCP`],
    },
    rollback: `put ${causeKey} back into the rule`,
  };
}

/** The spec without this identity; a source or rule that would be left without callers goes as a whole. */
function without({ spec }: AuthorizationPolicy, at: number, principal: string): AuthorizationPolicy['spec'] {
  const rules = (spec.rules ?? []).flatMap((rule, index) => {
    if (index !== at) return [rule];
    const from = (rule.from ?? []).flatMap((entry) => {
      const principals = entry.source?.principals;
      if (!principals?.includes(principal)) return [entry];
      const rest = principals.filter((name) => name !== principal);
      return rest.length === 0 ? [] : [{ ...entry, source: { ...entry.source, principals: rest } }];
    });
    // Without `from` it would admit everybody.
    return from.length === 0 ? [] : [{ ...rule, from }];
  });
  return { ...spec, rules };
}
