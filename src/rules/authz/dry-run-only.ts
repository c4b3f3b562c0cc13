import { strangerOf } from '../../semantics/stranger.ts';
import type { Facts } from '../../graph/facts.ts';
import { byOf } from '../../model/by.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { AuthorizationPolicy } from '../../model/istio/authorization-policy.ts';
import type { By } from '../../result/location.ts';
import type { Subject } from '../../result/types.ts';
import { actionOf } from '../../semantics/authz/compile.ts';
import { isDryRun } from '../../semantics/authz/dry-run.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { type Factors, type Fail, type Outcome, type Rule, subjectOf } from '../rule.ts';
import { annotatedAt } from './annotated-policies.ts';
import { canBeEnforced, DRY_RUN, whenEnforced } from './enforced-copy.ts';
import { explainDryRun } from './explain-dry-run.ts';
import { describeQuestion, effectsAt, type PortEffect } from './shadow-effects.ts';

/**
 * An AuthorizationPolicy that only shadows: it refuses nothing and admits nothing, and what it would change is decided by enforcing it on the
 * model. A value that is no clear true means enforced. Source: reference §2.11, §15.10 (istio pilot/pkg/security/authz/builder/builder.go).
 */
export const dryRunOnly: Rule = {
  meta: {
    id: 'authz/dry-run-only',
    title: 'a policy only shadows and enforces nothing',
    severity: 'MEDIUM',
    catalogue: 'AZ-20',
    dimension: 'authorization',
    references: [
      'https://istio.io/latest/docs/tasks/security/authorization/authz-dry-run/',
      'https://istio.io/latest/docs/reference/config/annotations/#AuthorizationPolicyDryRun',
    ],
  },

  *judge(facts) {
    const annotated = facts.mesh.resources
      .of('AuthorizationPolicy')
      .filter((policy) => Object.hasOwn(policy.annotations, DRY_RUN));
    const enforced = new Map<AuthorizationPolicy, Enforcement>();
    const after = (policy: AuthorizationPolicy): Enforcement => {
      const known = enforced.get(policy) ?? whenEnforced(facts, policy);
      enforced.set(policy, known);
      return known;
    };
    const attached = new Set<AuthorizationPolicy>();
    for (const workload of facts.mesh.workloads) {
      const policies = annotated.length > 0 ? annotatedAt(facts.enforcement, workload) : [];
      for (const policy of policies) attached.add(policy);
      yield* judgeWorkload(facts, workload, policies, after);
    }
    for (const policy of annotated) {
      if (attached.has(policy)) continue;
      yield { kind: 'not-applicable', subject: subjectOfPolicy(policy), why: 'it applies to no proxy of the input' };
    }
  },

  explain: explainDryRun,
};

const subjectOfPolicy = (policy: AuthorizationPolicy): Subject => {
  const { kind, namespace, name, location } = byOf(policy);
  return { cluster: policy.cluster, kind, namespace, name, location };
};

function* judgeWorkload(
  facts: Facts,
  workload: Workload,
  policies: readonly AuthorizationPolicy[],
  after: (policy: AuthorizationPolicy) => Enforcement,
): Iterable<Outcome> {
  const subject = subjectOf(workload);
  if (policies.length === 0)
    yield { kind: 'not-applicable', subject, why: 'no policy with a dry-run annotation applies' };
  for (const policy of policies) {
    if (!isDryRun(policy)) yield { kind: 'pass', subject };
    else if (actionOf(policy) === 'AUDIT')
      yield { kind: 'not-applicable', subject, why: 'AUDIT decides nothing, dry run or not' };
    else yield failOf(facts, workload, policy, after);
  }
}

function failOf(
  facts: Facts,
  workload: Workload,
  policy: AuthorizationPolicy,
  after: (policy: AuthorizationPolicy) => Enforcement,
): Fail {
  const cause = causeOf(policy);
  const touched = facts.enforcement
    .patchesOf(workload)
    .map(({ kind, namespace, name }) => `${kind} ${namespace}/${name} leaves authorization alone`);
  const base = {
    kind: 'fail',
    subject: subjectOf(workload),
    cause,
    causeKey: '',
    assumes: [...workload.dataPlane.assumes, ...touched],
    status: workload.dataPlane.status === 'UNKNOWN' || touched.length > 0 ? 'UNKNOWN' : 'INFERRED',
  } as const;
  const evidence = (shows: string) => [
    { source: cause.location, path: cause.clause ?? '', value: policy.annotations[DRY_RUN] ?? '', shows },
  ];
  if (!canBeEnforced(policy)) {
    const status = facts.mesh.version ? base.status : 'UNKNOWN';
    return { ...base, status, factors: nothingToUse(facts, workload), evidence: evidence(customShadow(facts)) };
  }
  const changes = effectsAt(facts, workload, policy, after(policy));
  const closed = changes.find(({ effect }) => effect.kind === 'closes');
  if (!closed) {
    const [opened] = changes;
    const shows = opened
      ? `enforced, it would admit to ${workload.id} what is refused today: ${describeQuestion(opened.effect)}`
      : `enforced, it would change nothing at ${workload.id} that could be found: a dead shadow`;
    return { ...base, factors: nothingToUse(facts, workload), evidence: evidence(shows) };
  }
  const { effect } = closed;
  return {
    ...base,
    factors: {
      entry: entryOf(facts, closed),
      requires: effect.before.verdict.requires.map(({ kind }) => kind),
      breaches: 0,
      sensitivity: facts.sensitivity(workload).level,
      compensations: [],
      stated: facts.wanted.isStated(workload),
      defenceInDepth: workload.dataPlane.kind === 'gateway',
    },
    evidence: evidence(
      `passes at ${workload.id} today and would be refused if it were enforced: ${describeQuestion(effect)}`,
    ),
    witness: effect.before.request,
  };
}

/** Recorded for 1.31; reference §2.11. */
function customShadow({ mesh: { version } }: Facts): string {
  const ignored = 'is ignored, so that nobody asks the authorizer';
  const refuses = 'refuses what its rules match, whatever the authorizer would say';
  const start = 'Istio has no dry run for CUSTOM';
  if (!version) return `${start}: up to 1.29 such a policy ${ignored}, since 1.30 it ${refuses}`;
  const minor = Number(/^1\.(\d+)/.exec(version.value)?.[1] ?? 0);
  return `${start}: in ${version.value} such a policy ${minor >= 30 ? refuses : ignored}`;
}

function causeOf(policy: AuthorizationPolicy): By {
  return byOf(policy, { path: ['metadata', 'annotations', DRY_RUN], clause: `metadata.annotations["${DRY_RUN}"]` });
}

/** Nobody gains by a shadow that would close nothing: nothing is reached by it. */
function nothingToUse(facts: Facts, workload: Workload): Factors {
  return {
    entry: 'none',
    requires: [],
    breaches: 0,
    sensitivity: 'none',
    compensations: [],
    stated: facts.wanted.isStated(workload),
    defenceInDepth: true,
  };
}

function entryOf({ enforcement }: Facts, { port, effect }: PortEffect): Factors['entry'] {
  const { identity } = effect.question.source;
  if (port.workload.gateway && port.internet.some(({ verdict }) => verdict.outcome !== 'deny')) return 'internet';
  if (identity === null) return 'plaintext';
  return identity === strangerOf(enforcement.configOf(port.workload).trustDomain.value)
    ? 'any-identity'
    : 'named-identities';
}
