import {
  canBeSelected,
  type EgressFacts,
  egressFacts,
  type Exit,
  type NetworkControl,
  type Outbound,
} from '../../graph/egress.ts';
import type { Facts } from '../../graph/facts.ts';
import { isMachinery } from '../../graph/machinery.ts';
import { worstEntry } from '../../graph/worst-entry.ts';
import { byOf, objectOf } from '../../model/by.ts';
import type { Change } from '../../model/change/change.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { By } from '../../result/location.ts';
import type { Evidence } from '../../result/types.ts';
import { setField } from '../changes.ts';
import { type CauseGroup, type Explanation, type Fail, type Outcome, type Rule, subjectOf } from '../rule.ts';
import { extentOf, fewOf, workloadsOf } from '../workload-names.ts';
import { planEgress } from './plan-egress.ts';

/**
 * REGISTRY_ONLY is set and nothing but the proxy keeps a workload from other hosts. The proxy stops only what it handles and does not know:
 * what bypasses it leaves, and where there is no sidecar nobody asks. A NetworkPolicy is what holds. Source: reference §5.3, §7, §15.4.
 */
export const registryOnlyAlone: Rule = {
  meta: {
    id: 'egress/registry-only-alone',
    title: 'REGISTRY_ONLY is the only thing that keeps a workload from other hosts',
    severity: 'LOW',
    catalogue: 'EG-02',
    dimension: 'egress',
    references: [
      'https://istio.io/latest/docs/ops/best-practices/security/#securing-egress-traffic',
      'https://istio.io/latest/docs/tasks/traffic-management/egress/egress-control/',
      'https://istio.io/latest/docs/tasks/traffic-management/egress/egress-gateway/',
    ],
  },

  *judge(facts) {
    const egress = egressFacts(facts);
    for (const workload of facts.mesh.workloads) yield judgeWorkload(facts, egress, workload);
  },

  explain: explainGroup,
};

function judgeWorkload(facts: Facts, egress: EgressFacts, workload: Workload): Outcome {
  const subject = subjectOf(workload);
  const skip = (why: string): Outcome => ({ kind: 'not-applicable', subject, why });
  const outbound = egress.outboundOf(workload);
  if (!outbound) return skip('a gateway sends where its routes say: no outbound policy governs it');
  if (isMachinery(workload)) return skip('part of the platform, outside the mesh by design');
  if (outbound.mode !== 'REGISTRY_ONLY') {
    const outside = workload.dataPlane.kind === 'none';
    return skip(
      outside
        ? 'it has no proxy, and nothing sets REGISTRY_ONLY for the mesh'
        : `its mode is ${outbound.mode}: see egress/allow-any`,
    );
  }
  const control = egress.controlOf(workload);
  if (control.state === 'restricted') return { kind: 'pass', subject };

  const exits = egress.exitsOf(workload);
  const way = worstEntry(facts, workload);
  const unknown = control.state === 'unknown' || workload.dataPlane.status === 'UNKNOWN';
  return {
    kind: 'fail',
    subject,
    ...causeOf(workload, outbound, control, exits),
    factors: {
      entry: way.entry,
      requires: exits.some(({ plain }) => plain) ? way.requires : [...way.requires, 'a way past its own proxy'],
      breaches: 1,
      sensitivity: facts.sensitivity(workload).level,
      compensations:
        control.state === 'some-ports'
          ? [`NetworkPolicy ${namesOf(control)} leaves only some ports open to any address`]
          : [],
      stated: facts.wanted.isStated(workload),
      defenceInDepth: true,
    },
    status: unknown ? 'UNKNOWN' : 'INFERRED',
    assumes: [...workload.dataPlane.assumes, ...control.assumes, ...outbound.assumes],
    evidence: evidenceOf(workload, outbound, control, exits),
  };
}

const namesOf = ({ by }: NetworkControl): string => by.map(({ namespace, name }) => `${namespace}/${name}`).join(', ');

const KEYS = {
  hostNetwork: 'host network',
  machine: 'outside Kubernetes',
  wide: 'NetworkPolicy too wide',
  outside: 'outside the mesh',
  ambient: 'ztunnel does not know it',
  sidecar: 'no egress NetworkPolicy',
} as const;

/** What to change: what a NetworkPolicy cannot help comes first, then the policy that is too wide, then the setting that is taken for one. */
function causeOf(
  workload: Workload,
  outbound: Outbound,
  control: NetworkControl,
  [exit]: readonly Exit[],
): Pick<Fail, 'cause' | 'causeKey'> {
  const { resource, templatePath, hostNetwork } = workload;
  if (hostNetwork) {
    const path = [...templatePath, 'spec', 'hostNetwork'];
    return { cause: byOf(resource, { path, clause: path.join('.') }), causeKey: KEYS.hostNetwork };
  }
  if (!canBeSelected(workload)) return { cause: byOf(resource), causeKey: KEYS.machine };
  const [policy] = control.by;
  if (policy) return { cause: byOf(policy, { path: ['spec', 'egress'], clause: 'egress' }), causeKey: KEYS.wide };
  if (exit?.kind === 'outside-mesh') return { cause: null, causeKey: KEYS.outside };
  return { cause: outbound.by, causeKey: exit?.kind === 'ambient' ? KEYS.ambient : KEYS.sidecar };
}

function evidenceOf(
  workload: Workload,
  outbound: Outbound,
  control: NetworkControl,
  exits: readonly Exit[],
): readonly Evidence[] {
  const { location } = subjectOf(workload);
  const setting: Evidence = {
    source: outbound.by?.location ?? location,
    path: 'outboundTrafficPolicy.mode',
    value: outbound.mode,
    shows: `REGISTRY_ONLY is set: ${outbound.why}`,
  };
  const [policy] = control.by;
  const network: Evidence = {
    source: policy ? byOf(policy).location : location,
    shows: `${workload.id}: ${control.why}`,
  };
  // Every sidecar lets UDP pass; said where nothing plainer is there to say.
  const told = exits.some(({ plain }) => plain) ? exits.filter(({ plain }) => plain) : exits;
  return [
    setting,
    network,
    ...told.map(({ why, by }) => ({ source: by?.location ?? location, shows: `${workload.id}: ${why}` })),
  ];
}

function explainGroup(group: CauseGroup, facts: Facts): Explanation {
  const { cause, causeKey, fails } = group;
  const egress = egressFacts(facts);
  const workloads = workloadsOf(facts, fails);
  const [first] = workloads;
  const extent = extentOf(workloads);
  const plan = planEgress(facts, workloads, egress);
  const name = first ? first.id : 'one of them';
  return {
    title: titleOf(causeKey, cause, extent),
    scenario: scenarioOf(
      causeKey,
      name,
      first ? egress.exitsOf(first) : [],
      first ? egress.controlOf(first) : undefined,
    ),
    impact:
      'Confidentiality: data leaves, and code that runs there is steered from outside, without the mesh noticing or recording it.',
    remediation: {
      summary: summaryOf(causeKey, cause, plan.namespaces),
      changes: [...ownChanges(causeKey, cause), ...plan.changes],
      steps: [...ownSteps(causeKey, workloads, egress), ...plan.steps],
    },
    validation: {
      positive: [`from a pod of ${name}: calls to other workloads, DNS, and registered hosts work as before`],
      negative: [
        `from a pod of ${name}: curl -sS --max-time 5 https://1.1.1.1/ -k, and the same as uid 1337, time out`,
        `from a pod of ${name}: nslookup example.com 1.1.1.1 (UDP, past the proxy) times out`,
      ],
    },
    rollback:
      'delete the new NetworkPolicies and routes, or apply the earlier versions of what was changed; new connections pass as before at once',
  };
}

function titleOf(key: string, cause: By | null, extent: string): string {
  const what = cause ? `${cause.kind} ${cause.namespace ? `${cause.namespace}/` : ''}${cause.name}` : '';
  switch (key) {
    case KEYS.hostNetwork:
      return `${what} uses the host network, where neither REGISTRY_ONLY nor NetworkPolicy reaches it`;
    case KEYS.machine:
      return `${what} runs outside Kubernetes: only its own proxy's REGISTRY_ONLY restricts what it calls`;
    case KEYS.wide:
      return `${what} admits any address outside, so that REGISTRY_ONLY alone restricts ${extent}`;
    case KEYS.outside:
      return `REGISTRY_ONLY does not reach ${extent} outside the mesh, and no NetworkPolicy is in place`;
    case KEYS.ambient:
      return `REGISTRY_ONLY (${what}) does nothing for ${extent} in ambient, and no NetworkPolicy is in place`;
    default:
      return `REGISTRY_ONLY (${what}) is all that restricts what ${extent} can call: no NetworkPolicy is in place`;
  }
}

function scenarioOf(key: string, name: string, exits: readonly Exit[], control: NetworkControl | undefined): string {
  const plain = exits.filter(({ plain: open }) => open).map(({ why }) => why);
  const start = `Code that gets to run in ${name} connects to a server of its own choice outside the cluster.`;
  const holes = control?.state === 'some-ports' ? ` The network lets it pass where ${control.why}.` : '';
  if (plain.length > 0)
    return `${start} Nothing on the way asks whether that host is registered: ${plain.join('; ')}.${holes}`;
  const around = `${exits.map(({ why }) => why).join('; ')}, nor what runs as uid 1337`;
  const nobody = key === KEYS.sidecar ? ', since no NetworkPolicy looks at it' : '';
  return `${start} What it sends through its proxy is refused, what it sends past it is not${nobody}: ${around}.${holes}`;
}

function summaryOf(key: string, cause: By | null, namespaces: readonly string[]): string {
  if (key === KEYS.hostNetwork)
    return 'take it off the host network, or restrict the node by a firewall of the infrastructure';
  if (key === KEYS.machine) return 'restrict the machine by a firewall of the infrastructure';
  if (key === KEYS.wide && cause)
    return `cut down the egress rules of NetworkPolicy ${cause.namespace}/${cause.name} to pods of the cluster`;
  const where = namespaces.length > 0 ? ` in ${fewOf(namespaces, 3)}` : '';
  if (key === KEYS.ambient)
    return `restrict egress by NetworkPolicy${where}, and put registered hosts behind a waypoint`;
  if (key === KEYS.outside) return `restrict egress by NetworkPolicy${where}, and enrol the workloads`;
  return `restrict egress by NetworkPolicy${where}, and send registered hosts through an egress gateway`;
}

function ownChanges(key: string, cause: By | null): readonly Change[] {
  const { resource, path } = (key === KEYS.hostNetwork && cause && objectOf(cause)) || {};
  return resource && path ? [setField(resource, path, false)] : [];
}

const STEPS = 5;

function ownSteps(key: string, workloads: readonly Workload[], egress: EgressFacts): readonly string[] {
  const holes = workloads.flatMap((workload) => {
    const plain = egress
      .exitsOf(workload)
      .filter(({ kind }) => kind === 'excluded' || kind === 'not-captured' || kind === 'proxy-uid');
    return plain.map(
      ({ why }) => `${workload.id}: ${why}; a NetworkPolicy holds for that too, but take it out where nothing needs it`,
    );
  });
  const more = holes.length > STEPS ? [`and ${holes.length - STEPS} more like these`] : [];
  const enrol =
    key === KEYS.outside
      ? ['enrol them in the mesh as well, so that their calls to registered hosts carry an identity and are recorded']
      : [];
  return [...enrol, ...holes.slice(0, STEPS), ...more];
}
