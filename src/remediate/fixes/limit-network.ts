import { isMachine } from '../../model/inventory/member.ts';
import type { Facts } from '../../graph/facts.ts';
import { plaintextCallers } from '../../graph/plaintext-callers.ts';
import { namespaceKey, type Workload } from '../../model/inventory/types.ts';
import { selectorOf } from '../../rules/select-workload.ts';
import { isCaptured } from '../../semantics/capture.ts';
import { selectPolicies } from '../../semantics/network-policy/policy-index.ts';
import { type Candidate, type Fix, nameOf, type Problem } from '../candidate.ts';
import type { Change } from '../change.ts';
import { isNamespaceStated, isWorthGuessing } from './admit.ts';
import { networkAdmissionOf } from './network-admission.ts';

/**
 * Ports that no proxy decides about, since the workload is outside the mesh or its proxy does not see them: a NetworkPolicy that isolates its
 * pods for ingress and admits who is known to call there. Ports that a proxy decides about stay open to the network. Egress is not isolated, so
 * that DNS, istiod and HBONE towards others go on. Last of the fixes: a proxy knows identities, the network knows labels.
 */
export const limitNetwork: Fix = {
  id: 'limit-network',
  propose(facts, problem) {
    if (facts.mesh.cni === 'ignores-network-policy') return [];
    const ready = [...pastProxies(problem)].flatMap(([workload, ports]) =>
      obstacleOf(facts, workload, ports) === undefined ? [workload] : [],
    );
    if (ready.length > MOST) return [];
    const homes = new Map<string, Workload[]>();
    for (const workload of ready) {
      const key = namespaceKey(workload.cluster, workload.namespace);
      homes.set(key, [...(homes.get(key) ?? []), workload]);
    }
    return [...homes].flatMap(([key, workloads]) => {
      const whole = candidateFor(facts, key, workloads);
      // One that cannot be closed is not to keep its neighbours open.
      return workloads.length === 1
        ? [whole]
        : [whole, ...workloads.map((each) => candidateFor(facts, each.id, [each]))];
    });
  },

  whyNot(facts, problem) {
    const found = [...pastProxies(problem)];
    const [first] = found[0] ?? [];
    if (first && facts.mesh.cni === 'ignores-network-policy')
      return `no proxy decides about ${first.id}, and the CNI enforces no NetworkPolicy`;
    return found.map(([workload, ports]) => obstacleOf(facts, workload, ports)).find((why) => why !== undefined);
  },
};

const MOST = 50;

/** What hops get to on ports that no proxy decides about, by the workload. */
function pastProxies({ hops }: Problem): ReadonlyMap<Workload, ReadonlySet<number>> {
  const found = new Map<Workload, Set<number>>();
  for (const { to, port, pivot } of hops) {
    if (pivot !== 'reach' || to.kind !== 'workload' || port === undefined) continue;
    const own = to.workload.ports.find((each) => each.port === port);
    if (isCaptured(to.workload, port, own?.transport).captured) continue;
    found.set(to.workload, (found.get(to.workload) ?? new Set()).add(port));
  }
  return new Map([...found].sort(([a], [b]) => (a.id < b.id ? -1 : 1)));
}

const isCalledByServer = (facts: Facts, workload: Workload, ports: ReadonlySet<number>): boolean => {
  const called = plaintextCallers(facts, [workload]).filter(({ caller }) => caller === 'kube-apiserver');
  return [...ports].every((port) => called.some((each) => each.port === port));
};

/** Why no NetworkPolicy can be written for a workload. */
function obstacleOf(facts: Facts, workload: Workload, ports: ReadonlySet<number>): string | undefined {
  const { id, hostNetwork, kind } = workload;
  if (hostNetwork) return `${id} uses the network of its node, where no NetworkPolicy selects it`;
  if (isMachine({ kind })) return `${id} runs outside Kubernetes, where no NetworkPolicy selects it: use its firewall`;
  if (!facts.wanted.isStated(workload) && !isNamespaceStated(facts, workload) && !isWorthGuessing(facts, workload))
    return `nobody said who calls ${id}, which no proxy guards: declare its callers as \`wanted\`, so that a NetworkPolicy can keep out all others`;
  if (isCalledByServer(facts, workload, ports))
    return `the API server calls ${id} from outside the pod network, where no NetworkPolicy tells it from others`;
  const [isolating] = selectPolicies(facts.enforcement.network, workload).ingress;
  if (isolating)
    return `NetworkPolicies add up, and ${nameOf(isolating.policy)} admits it to ${id}: narrow its ingress rules`;
  return selectorOf(facts.mesh, workload)
    ? undefined
    : `no label tells the pods of ${id} from others of its namespace, so that no NetworkPolicy can be for them alone`;
}

function candidateFor(facts: Facts, key: string, workloads: readonly Workload[]): Candidate {
  const admissions = workloads.map((workload) => ({ workload, ...networkAdmissionOf(facts, workload) }));
  const callers = new Set(admissions.flatMap(({ callers: known }) => known.map(({ id }) => id)));
  const names = workloads.length === 1 ? workloads[0]?.id : `${workloads.length} workloads of ${key}`;
  return {
    id: `limit-network ${key}`,
    summary: `${names}: a NetworkPolicy that admits ${callers.size} known caller${callers.size === 1 ? '' : 's'} to what no proxy guards`,
    changes: admissions.map(
      ({ workload, ingress }): Change => ({
        kind: 'add',
        manifest: {
          apiVersion: 'networking.k8s.io/v1',
          kind: 'NetworkPolicy',
          metadata: { name: freeName(facts, workload), namespace: workload.namespace },
          spec: {
            podSelector: { matchLabels: selectorOf(facts.mesh, workload) },
            policyTypes: ['Ingress'],
            ...(ingress.length > 0 ? { ingress } : {}),
          },
        },
        beside: workload.resource,
      }),
    ),
    destinations: workloads,
    senders: [],
    effort: 2,
    unknownCallers: admissions.filter(({ isUnknown }) => isUnknown).map(({ workload }) => workload),
    unproven: [],
    preconditions: [
      'the CNI enforces NetworkPolicy: a policy that isolates a test pod really cuts it off',
      ...admissions.flatMap(({ preconditions }) => preconditions),
    ],
    sideEffects: [
      'callers that are not named time out instead of being refused; what runs on the node of a pod still gets to it',
      'ports that neither the pods nor their Services declare are closed to the network',
    ],
  };
}

function freeName({ mesh }: Facts, { name, namespace, cluster }: Workload): string {
  const wanted = `limit-callers-of-${name}`.slice(0, 250);
  let free = wanted;
  for (let n = 2; mesh.resources.find('NetworkPolicy', namespace, free, cluster); n++) free = `${wanted}-${n}`;
  return free;
}
