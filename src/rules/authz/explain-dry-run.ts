import type { Facts } from '../../graph/facts.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { AuthorizationPolicy } from '../../model/istio/authorization-policy.ts';
import { actionOf } from '../../semantics/authz/compile.ts';
import type { CauseGroup, Explanation } from '../rule.ts';
import { extentOf, workloadsOf } from '../workload-names.ts';
import { checkFlows, describeCheck, type FlowCheck } from '../check-flows.ts';
import { canBeEnforced, DRY_RUN, enforcing, whenEnforced } from './enforced-copy.ts';
import { describeQuestion, effectsAt, type PortEffect } from './shadow-effects.ts';

const ASKED = 50;
const SHOWN = 5;

/** What enforcing the policy would do, over wanted traffic and over what others can do today, and how to get there. */
export function explainDryRun({ cause, fails }: CauseGroup, facts: Facts): Explanation {
  const policy =
    cause && facts.mesh.resources.find('AuthorizationPolicy', cause.namespace, cause.name, fails[0]?.subject.cluster);
  if (!policy) throw new RangeError('nothing fails without a policy');
  // Those first where it is known to close something.
  const closing = workloadsOf(
    facts,
    fails.filter(({ witness }) => witness),
  );
  const workloads = [...new Set([...closing, ...workloadsOf(facts, fails)])];
  if (!canBeEnforced(policy)) return explainCustom(policy, workloads);
  const enforced = whenEnforced(facts, policy);
  const effects = workloads.slice(0, ASKED).flatMap((workload) => effectsAt(facts, workload, policy, enforced));
  const closed = effects.filter(({ effect }) => effect.kind === 'closes');
  const opened = effects.filter(({ effect }) => effect.kind === 'opens');
  const check = checkFlows(facts, enforced, workloads);
  const name = `${policy.namespace}/${policy.name}`;
  const ambient = workloads.filter(({ dataPlane }) => dataPlane.kind === 'ambient').length;
  return {
    title: `${actionOf(policy)} ${name} only shadows${titleOf(closing.length, opened, check)}`,
    scenario: scenarioOf(name, closed, opened, workloads),
    impact:
      closed.length > 0
        ? 'Confidentiality and integrity: the policy reads as if it protected, and what it is there to refuse passes.'
        : 'Operations: whoever reads the policy takes it for a control; it is none.',
    remediation: {
      summary: summaryOf(name, check, isDead(closing.length, opened, check)),
      changes: [enforcing(policy)],
      steps: [
        ...describeWanted(check),
        ...listed('would be refused', closed),
        ...listed('would be admitted', opened),
        ...(workloads.length > ASKED ? [`of ${workloads.length} workloads, ${ASKED} were asked about one by one`] : []),
        ...(ambient > 0
          ? [
              `${ambient} ${ambient === 1 ? 'workload is' : 'workloads are'} in ambient: ztunnel is never told of a dry-run policy, so that nothing is logged there`,
            ]
          : []),
        'compare with what is seen: metric envoy_http_inbound_..._rbac with authz_dry_run_result, and the shadow results in the debug log; a request that the shadow of an ALLOW misses is refused only if no enforced ALLOW admits it',
        `take the annotation out for one workload first, with a copy that selects it, repeat the positive and the negative test on new connections, then for all`,
      ],
    },
    validation: validationOf(facts, workloads, closed),
    rollback: `put the annotation ${DRY_RUN}: "${policy.annotations[DRY_RUN]}" back; new requests are decided without the policy at once`,
  };
}

const isDead = (closing: number, opened: readonly PortEffect[], { broken }: FlowCheck): boolean =>
  closing === 0 && opened.length === 0 && broken.length === 0;

function titleOf(closing: number, opened: readonly PortEffect[], check: FlowCheck): string {
  if (isDead(closing, opened, check)) return ', and enforced it would change nothing: a dead shadow';
  const opening = new Set(opened.map(({ port }) => port.workload)).size;
  const of = (count: number): string => `${count} ${count === 1 ? 'workload' : 'workloads'}`;
  const parts = [
    ...(closing > 0 ? [`close access to ${of(closing)}`] : []),
    ...(opening > 0 ? [`open access to ${of(opening)}`] : []),
    ...(check.of > 0 ? [`break ${check.broken.length} of ${check.of} wanted flows`] : []),
  ];
  return `: enforced, it would ${parts.join(', ')}`;
}

function summaryOf(name: string, { broken }: FlowCheck, dead: boolean): string {
  if (dead) return `enforce ${name} or take it out: it makes no difference today`;
  if (broken.length === 0) return `enforce ${name}`;
  return `add rules for ${broken.length} wanted ${broken.length === 1 ? 'flow' : 'flows'}, then enforce ${name}`;
}

function scenarioOf(
  name: string,
  closed: readonly PortEffect[],
  opened: readonly PortEffect[],
  workloads: readonly Workload[],
): string {
  const [first] = closed;
  if (first)
    return `${describeQuestion(first.effect)} of ${first.port.workload.id} passes today: ${name}, which would refuse it, is annotated as a dry run and refuses nothing.`;
  const [other] = opened;
  if (other)
    return `${describeQuestion(other.effect)} of ${other.port.workload.id} is refused today: ${name}, which would admit it, is annotated as a dry run.`;
  return `${name} is annotated as a dry run at ${extentOf(workloads)}, and no request was found that it would decide otherwise than what is enforced.`;
}

function describeWanted(check: FlowCheck): readonly string[] {
  if (check.of === 0)
    return [
      'no wanted flow to these workloads is known: callers are unknown, so take them from the access log or istio_requests_total by source_principal before enforcing',
    ];
  const more = check.broken.length - 10;
  return [
    describeCheck(check),
    ...check.broken.slice(0, 10).map((flow) => `would break: ${flow}`),
    ...(more > 0 ? [`and ${more} more wanted flows`] : []),
  ];
}

function listed(what: string, effects: readonly PortEffect[]): readonly string[] {
  const shown = effects
    .slice(0, SHOWN)
    .map(
      ({ port, effect }) =>
        `${what}: ${describeQuestion(effect)} of ${port.workload.id} (today: ${effect.before.verdict.reason})`,
    );
  return effects.length > SHOWN ? [...shown, `${what}, in the same way: ${effects.length - SHOWN} more ports`] : shown;
}

function validationOf(
  facts: Facts,
  workloads: readonly Workload[],
  closed: readonly PortEffect[],
): Explanation['validation'] {
  const flows = workloads.flatMap((workload) => facts.wanted.to(workload)).slice(0, SHOWN);
  const [first] = closed;
  return {
    positive:
      flows.length > 0
        ? flows.map(
            ({ from, to, port, methods, paths }) =>
              `from ${from}: ${methods?.[0] ?? 'a call'} ${paths?.[0] ?? ''}to ${to}${port === undefined ? '' : `:${port}`} works as before`,
          )
        : ['from every known caller: its calls work as before'],
    negative: first
      ? [
          `${describeQuestion(first.effect)} of ${first.port.workload.id}: refused on a new connection (403, or a reset for TCP and at ztunnel)`,
        ]
      : ['nothing is refused that was admitted before'],
  };
}

function explainCustom(policy: AuthorizationPolicy, workloads: readonly Workload[]): Explanation {
  const name = `${policy.namespace}/${policy.name}`;
  return {
    title: `CUSTOM ${name} is annotated as a dry run, which Istio does not have for CUSTOM`,
    scenario: `At ${extentOf(workloads)} the authorizer is not asked. Up to Istio 1.29 the policy is ignored, so that what it covers passes unapproved; since 1.30 what it matches is refused.`,
    impact:
      'Confidentiality or availability, by version: requests pass without approval, or are refused with no way to be approved.',
    remediation: {
      summary: `enforce ${name}, or take it out`,
      changes: [enforcing(policy)],
      steps: [
        'try the authorizer at one workload first: a copy with a selector of its own, without the annotation',
        "Istio's admission webhook refuses the annotation on CUSTOM: find out how this object got in",
      ],
    },
    validation: {
      positive: [`a request that the authorizer of ${name} approves passes`],
      negative: ['a request that it does not approve gets 403'],
    },
    rollback: `delete ${name}: then no approval is asked for`,
  };
}
