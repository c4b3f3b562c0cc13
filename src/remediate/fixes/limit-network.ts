import type { Facts } from '../../graph/facts.ts';
import { namespaceKey, type Workload } from '../../model/inventory/types.ts';
import { selectorOf } from '../../rules/select-workload.ts';
import { selectPolicies } from '../../semantics/network-policy/policy-index.ts';
import { type Candidate, type Fix, nameOf } from '../candidate.ts';
import type { Change } from '../../model/change/change.ts';
import { networkAdmissionOf } from './network-admission.ts';
import { freePolicyName, networkObstacleOf, pastProxies } from './past-proxies.ts';
import { CNI_ENFORCES, TIME_OUT } from './network-words.ts';

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

/** Why no NetworkPolicy can be written for a workload. */
function obstacleOf(facts: Facts, workload: Workload, ports: ReadonlySet<number>): string | undefined {
  const obstacle = networkObstacleOf(facts, workload, ports);
  if (obstacle !== undefined) return obstacle;
  const [isolating] = selectPolicies(facts.enforcement.network, workload).ingress;
  return (
    isolating &&
    `NetworkPolicies add up, and ${nameOf(isolating.policy)} admits it to ${workload.id}: narrow its ingress rules`
  );
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
          metadata: { name: freePolicyName(facts, workload), namespace: workload.namespace },
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
    preconditions: [CNI_ENFORCES, ...admissions.flatMap(({ preconditions }) => preconditions)],
    sideEffects: [TIME_OUT, 'ports that neither the pods nor their Services declare are closed to the network'],
  };
}
