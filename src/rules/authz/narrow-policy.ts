import { type PolicyChange, withPolicies } from '../../graph/apply.ts';
import type { Facts, PortFacts } from '../../graph/facts.ts';
import { findOpening } from '../../graph/opening.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { AuthorizationPolicy, AuthorizationRule } from '../../model/istio/authorization-policy.ts';
import type { Resource } from '../../model/resource.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { targetsOf } from '../../semantics/policy-index.ts';
import type { Manifest } from '../../model/change/manifest.ts';
import { addObjects, changeSpec } from '../changes.ts';
import { manifestOf, proposedResource } from '../proposed.ts';
import { allowRules } from './allow-rules.ts';
import { type Callers, callersOf } from './callers.ts';
import { isAdmitted } from '../check-flows.ts';
import { defaultDeny, hasDefaultDeny } from './default-deny.ts';
import { attachedTo, scopeOf } from '../policy-reach.ts';
import { allowFor, keptPorts, MOST_WORKLOADS, type Proposal } from './proposal.ts';

/**
 * Takes the rules out of a policy that let anyone in, and admits by name those who are known to call: in the policy itself where it is about
 * one workload, else in a policy for each that it is about. With the namespace's default deny, where it has none.
 */
export function narrowPolicy(facts: Facts, policy: AuthorizationPolicy, failing: readonly PortFacts[]): Proposal {
  const affected = [...new Set([...failing.map(({ workload }) => workload), ...attachedTo(facts, policy)])];
  const written = affected.slice(0, MOST_WORKLOADS);
  const scope = policy.namespace === facts.enforcement.rootNamespace ? undefined : scopeOf(facts, written);
  const apply = (change: PolicyChange): Enforcement => withPolicies(facts.enforcement, change, scope);

  const open = openRules(policy, failing.slice(0, 50), (rules) => apply({ add: [withRules(policy, rules)] }));
  const rules = policy.spec.rules ?? [];
  const rest = rules.filter((_, index) => !open.has(index));
  const opened = rules.filter((_, index) => open.has(index));
  const narrowed = apply({ add: [withRules(policy, rest)] });
  const callers = new Map(written.map((workload) => [workload, callersOf(facts, workload)]));
  const asked = written.flatMap((workload) => facts.ports(workload).filter(({ captured }) => captured.captured));
  const kept = keptPorts(asked, callers);
  const atWaypoint =
    targetsOf(policy.spec).length > 0 && failing.every(({ workload }) => workload.dataPlane.kind === 'ambient');

  const own: AuthorizationRule[] = [];
  const others: Manifest[] = [];
  for (const workload of written) {
    const added = rulesFor(workload, { asked, opened, callers, kept, atWaypoint, narrowed });
    if (affected.length === 1 || atWaypoint) own.push(...added);
    else if (added.length > 0) others.push(...allowFor(facts, workload, added));
  }
  const spec = specWith(policy, [...rest, ...unlike(own, rest)]);
  const resources: Resource[] = [manifestOf(policy, spec), ...others].map((each) =>
    proposedResource(each, policy.cluster),
  );
  const { cluster } = policy;
  // In the root namespace it would be that of the whole mesh.
  const denied = [...new Set(written.filter(({ gateway }) => !gateway).map(({ namespace }) => namespace))]
    .filter((namespace) => namespace !== facts.enforcement.rootNamespace)
    .filter((namespace) => !hasDefaultDeny(apply({ add: resources }), cluster, namespace))
    .map((namespace) => ({ cluster, namespace }));
  const denials = denied.map(({ namespace }) => defaultDeny(facts, namespace, cluster));
  resources.push(...denials.map((each) => proposedResource(each, cluster)));
  return {
    // Whoever may still call is let in before the rule is narrowed, and what is denied by default comes last.
    changes: [...addObjects(policy, others), changeSpec(policy, spec), ...addObjects(policy, denials)],
    after: apply({ add: resources }),
    callers,
    kept,
    denied,
    omitted: affected.length - written.length,
  };
}

/** Which rules let anyone in: takes them out one after the other until nothing of this policy does. */
function openRules(
  policy: AuthorizationPolicy,
  ports: readonly PortFacts[],
  applyRules: (rules: readonly AuthorizationRule[]) => Enforcement,
): ReadonlySet<number> {
  const rules = policy.spec.rules ?? [];
  const open = new Set<number>();
  for (let round = 0; round <= rules.length; round++) {
    const left = rules.map((_, index) => index).filter((index) => !open.has(index));
    const enforcement = applyRules(left.map((index) => rules[index] ?? {}));
    const before = open.size;
    for (const { workload, port } of ports) {
      const opening = findOpening(enforcement, workload, port);
      if (
        opening.kind !== 'open' ||
        !opening.by ||
        opening.by.name !== policy.name ||
        opening.by.namespace !== policy.namespace
      )
        continue;
      const index = left[opening.by.rule ?? 0];
      if (index !== undefined) open.add(index);
    }
    if (open.size === before) break;
  }
  return open;
}

const specWith = (policy: AuthorizationPolicy, rules: readonly AuthorizationRule[]): AuthorizationPolicy['spec'] => {
  const { rules: _none, ...spec } = policy.spec;
  return rules.length > 0 ? { ...policy.spec, rules } : spec;
};

const withRules = (policy: AuthorizationPolicy, rules: readonly AuthorizationRule[]): AuthorizationPolicy => ({
  ...policy,
  spec: specWith(policy, rules),
});

interface Narrowing {
  readonly asked: readonly PortFacts[];
  readonly opened: readonly AuthorizationRule[];
  readonly callers: ReadonlyMap<Workload, Callers>;
  readonly kept: Proposal['kept'];
  readonly atWaypoint: boolean;
  /** The mesh with the open rules gone. */
  readonly narrowed: Enforcement;
}

function rulesFor(
  workload: Workload,
  { asked, opened, callers, kept, atWaypoint, narrowed }: Narrowing,
): readonly AuthorizationRule[] {
  const open = asked.filter((each) => each.workload === workload).map(({ port }) => port.port);
  // A gateway's clients are outside, and have no name: it stays as open as it is.
  if (workload.gateway) return open.length > 0 ? [{ to: [{ operation: { ports: open.map(String) } }] }] : [];
  const left = kept.filter((each) => each.workload === workload).map(({ port }) => String(port));
  const named = (callers.get(workload)?.named ?? [])
    .filter(({ from }) => !atWaypoint || from.gateway?.kind !== 'waypoint')
    .filter((caller) => !isAdmitted(narrowed, caller, workload, caller.ports.length > 0 ? caller.ports : open));
  const principals = [...new Set(named.map(({ identity }) => identity))].sort();
  // Where the open rules say what may be done, only who may do it is missing.
  const limited = opened.filter((rule) => rule.to?.length);
  const rules =
    named.length === 0
      ? []
      : limited.length > 0 && limited.length === opened.length
        ? limited.map(
            ({ to, when }): AuthorizationRule => ({
              from: [{ source: { principals } }],
              ...(to ? { to } : {}),
              ...(when ? { when } : {}),
            }),
          )
        : allowRules(
            workload,
            atWaypoint ? named.map((caller) => ({ ...caller, ports: [] })) : named,
            atWaypoint ? [] : open,
          );
  return [...rules, ...(left.length > 0 ? [{ to: [{ operation: { ports: left } }] }] : [])];
}

/** Rules that are not there already. */
function unlike(
  rules: readonly AuthorizationRule[],
  present: readonly AuthorizationRule[],
): readonly AuthorizationRule[] {
  const known = new Set(present.map((rule) => JSON.stringify(rule)));
  return rules.filter((rule) => !known.has(JSON.stringify(rule)));
}
