import type { Foothold } from '../../graph/attack/foothold.ts';
import type { Facts } from '../../graph/facts.ts';
import { namespaceKey, type Workload } from '../../model/inventory/types.ts';
import type { NetworkPolicy, NetworkPolicyIngressRule } from '../../model/k8s/network-policy.ts';
import { selectorOf } from '../../rules/select-workload.ts';
import { selectPolicies } from '../../semantics/network-policy/policy-index.ts';
import { type Candidate, type Fix, nameOf, type Problem } from '../candidate.ts';
import type { Change, FieldEdit } from '../../model/change/change.ts';
import { distinctLabel, leftOut } from '../leave-out.ts';
import { networkAdmissionOf } from './network-admission.ts';
import { freePolicyName, networkObstacleOf, pastProxies } from './past-proxies.ts';
import { covers, peersWithin, type WideRule, wideRulesOf } from './wide-rules.ts';
import { CNI_ENFORCES, TIME_OUT } from './network-words.ts';

/**
 * Ports that no proxy decides about, behind NetworkPolicies that admit everybody to them: in place of rules that name nobody, who is known to
 * call there, by labels. What proxies decide about stays as open as it was. A policy for these pods alone is edited; one for others too no longer
 * selects them, and they get one of their own that says the same otherwise, of egress as well.
 */
export const narrowNetwork: Fix = {
  id: 'narrow-network',
  propose(facts, problem) {
    if (facts.mesh.cni === 'ignores-network-policy') return [];
    const ready = openedOf(facts, problem).filter((each) => obstacleOf(facts, each) === undefined);
    if (ready.length > MOST) return [];
    const homes = new Map<string, Opened[]>();
    for (const opened of ready) {
      const key = namespaceKey(opened.workload.cluster, opened.workload.namespace);
      homes.set(key, [...(homes.get(key) ?? []), opened]);
    }
    return [...homes].flatMap(([key, all]) =>
      all.length === 1
        ? [candidateFor(facts, key, all)]
        : [candidateFor(facts, key, all), ...all.map((each) => candidateFor(facts, each.workload.id, [each]))],
    );
  },

  whyNot: (facts, problem) =>
    facts.mesh.cni === 'ignores-network-policy'
      ? undefined
      : openedOf(facts, problem)
          .map((opened) => obstacleOf(facts, opened))
          .find((why) => why !== undefined),
};

const MOST = 50;

/** A workload, and the rules that admit anybody to ports of it. */
interface Opened {
  readonly workload: Workload;
  readonly ports: ReadonlySet<number>;
  readonly policies: readonly { readonly policy: NetworkPolicy; readonly wide: readonly WideRule[] }[];
}

function openedOf(facts: Facts, problem: Problem): readonly Opened[] {
  return [...pastProxies(problem)].flatMap(([workload, ports]) => {
    const starts = problem.hops.flatMap(({ from, to }): readonly Foothold[] =>
      to.kind === 'workload' && to.workload === workload ? [from] : [],
    );
    const policies = selectPolicies(facts.enforcement.network, workload).ingress.flatMap(({ policy }) => {
      const wide = wideRulesOf(facts.mesh, policy, workload, { ports, starts });
      return wide.length > 0 ? [{ policy, wide }] : [];
    });
    return policies.length > 0 ? [{ workload, ports, policies }] : [];
  });
}

function obstacleOf(facts: Facts, { workload, ports, policies }: Opened): string | undefined {
  const obstacle = networkObstacleOf(facts, workload, ports);
  if (obstacle !== undefined) return obstacle;
  const shared = policies.find(({ policy }) => !isOwn(facts, policy, workload));
  return shared && !distinctLabel(workload, neighboursOf(facts, workload))
    ? `NetworkPolicy ${nameOf(shared.policy)} admits everybody to ${workload.id} and to others, and no label tells their pods apart: give them one`
    : undefined;
}

const neighboursOf = ({ mesh }: Facts, { cluster, namespace }: Workload): readonly Workload[] =>
  mesh.workloadsByNamespace.get(namespaceKey(cluster, namespace)) ?? [];

/** Whether a policy names labels, and selects no other workload. */
const isOwn = (facts: Facts, { spec, name }: NetworkPolicy, workload: Workload): boolean =>
  Object.keys(spec.podSelector?.matchLabels ?? {}).length > 0 &&
  neighboursOf(facts, workload).every(
    (other) =>
      other === workload ||
      !selectPolicies(facts.enforcement.network, other).ingress.some(({ policy }) => policy.name === name),
  );

function candidateFor(facts: Facts, key: string, all: readonly Opened[]): Candidate {
  const workloads = all.map(({ workload }) => workload);
  const admissions = workloads.map((workload) => networkAdmissionOf(facts, workload));
  const callers = new Set(admissions.flatMap(({ callers: known }) => known.map(({ id }) => id)));
  const names = workloads.length === 1 ? workloads[0]?.id : `${workloads.length} workloads of ${key}`;
  const policies = new Set(all.flatMap((opened) => opened.policies.map(({ policy }) => nameOf(policy))));
  return {
    id: `narrow-network ${key}`,
    summary: `${[...policies].join(', ')}: admit ${callers.size} known caller${callers.size === 1 ? '' : 's'} instead of everybody to what no proxy guards at ${names}`,
    changes: all.flatMap((opened) => changesFor(facts, opened)),
    destinations: workloads,
    senders: [],
    effort: 2,
    unknownCallers: workloads.filter((_, index) => admissions[index]?.isUnknown),
    unproven: [],
    preconditions: [CNI_ENFORCES, ...admissions.flatMap(({ preconditions }) => preconditions)],
    sideEffects: [TIME_OUT, 'ports that neither the pods nor their Services declare are closed to the network'],
  };
}

/** New policies first: they admit before the old ones cease to. */
function changesFor(facts: Facts, { workload, policies }: Opened): readonly Change[] {
  const { ingress } = networkAdmissionOf(facts, workload);
  const label = distinctLabel(workload, neighboursOf(facts, workload));
  const taken = new Set<string>();
  const changes = policies.map(({ policy, wide }) => {
    const admitted = ingress.flatMap((rule) => limitTo(facts, policy, rule, wide, workload));
    if (isOwn(facts, policy, workload) || !label)
      return {
        admitting: [],
        refusing: [{ kind: 'edit', resource: policy, edits: replaceRules(wide, admitted) } as const],
      };
    const copy = copyFor(facts, policy, workload, { wide, admitted, taken });
    return {
      admitting: [{ kind: 'add', manifest: copy, beside: policy } as const],
      refusing: [leftOut(policy, label)],
    };
  });
  return [...changes.flatMap(({ admitting }) => admitting), ...changes.flatMap(({ refusing }) => refusing)];
}

/** What a rule admits to ports that the wide rules were about: no more ports than they let in, and nobody whom they did not. */
function limitTo(
  { mesh }: Facts,
  policy: NetworkPolicy,
  rule: NetworkPolicyIngressRule,
  wide: readonly WideRule[],
  workload: Workload,
): readonly NetworkPolicyIngressRule[] {
  const portsOf = (rules: readonly WideRule[]) =>
    (rule.ports ?? []).filter(
      ({ port, protocol = 'TCP' }) =>
        typeof port === 'number' && rules.some((each) => covers(each.rule, workload, port, protocol)),
    );
  const forAll = portsOf(wide.filter(({ within }) => within === undefined));
  const limited = wide.flatMap((each): readonly NetworkPolicyIngressRule[] => {
    if (!each.within) return [];
    const ports = portsOf([each]).filter((port) => !forAll.includes(port));
    const from = peersWithin(mesh, policy, rule, each.within);
    return ports.length > 0 && from.length > 0 ? [{ from, ports }] : [];
  });
  return [...(forAll.length > 0 ? [{ ...rule, ports: forAll }] : []), ...limited];
}

/** What is left of a wide rule: the peers that it names. */
const remainderOf = ({ rule, kept }: WideRule): readonly NetworkPolicyIngressRule[] =>
  kept.length > 0 ? [{ ...rule, from: kept }] : [];

function replaceRules(wide: readonly WideRule[], admitted: readonly NetworkPolicyIngressRule[]): readonly FieldEdit[] {
  const path = ['spec', 'ingress'] as const;
  return [
    ...admitted.map((value): FieldEdit => ({ op: 'append', path, value })),
    // From the end, so that the numbers of the others stay.
    ...wide.toReversed().map((each): FieldEdit => {
      const [value] = remainderOf(each);
      return value
        ? { op: 'set', path: [...path, each.index, 'from'], value: value.from }
        : { op: 'delete', path: [...path, each.index] };
    }),
  ];
}

/** The same policy for one workload, without what admits everybody. */
function copyFor(
  facts: Facts,
  { spec, namespace }: NetworkPolicy,
  workload: Workload,
  {
    wide,
    admitted,
    taken,
  }: {
    readonly wide: readonly WideRule[];
    readonly admitted: readonly NetworkPolicyIngressRule[];
    readonly taken: Set<string>;
  },
) {
  const { egress = [], policyTypes = egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress'] } = spec;
  const kept = (spec.ingress ?? []).flatMap((rule, index) => {
    const known = wide.find((each) => each.index === index);
    return known ? remainderOf(known) : [rule];
  });
  const ingress = [...kept, ...admitted];
  const free = freePolicyName(facts, workload);
  const name = taken.size === 0 ? free : `${free}-${String.fromCharCode(97 + taken.size)}`;
  taken.add(name);
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace },
    spec: {
      podSelector: { matchLabels: selectorOf(facts.mesh, workload) },
      policyTypes,
      ...(ingress.length > 0 ? { ingress } : {}),
      ...(egress.length > 0 ? { egress } : {}),
    },
  };
}
