import { exfiltrationOf } from '../../graph/attack/exfiltration.ts';
import { canBeSelected, egressFacts } from '../../graph/egress.ts';
import type { Facts } from '../../graph/facts.ts';
import { makeFacts } from '../../graph/make-facts.ts';
import { findIstiodNamespace, isMachinery } from '../../graph/machinery.ts';
import type { Workload } from '../../model/inventory/types.ts';
import { meshEssentials } from '../../rules/egress/restrict-egress.ts';
import { isExported } from '../../semantics/gateway/visibility.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Candidate } from '../candidate.ts';
import { isNamespaceStated, isWorthGuessing } from '../fixes/admit.ts';
import type { Hardening } from './hardening.ts';
import { CNI_ENFORCES } from '../fixes/network-words.ts';

/**
 * Namespaces that hold what is stated to be sensitive, and from which data can go to any address: a NetworkPolicy that leaves DNS, istiod,
 * HBONE and the pods of the cluster, the egress gateway among them. `REGISTRY_ONLY` and Sidecars stop only what the proxy sees, so that they
 * are no part of it. Nothing is proposed where an external host is registered for the namespace or an account of it has rights at the API
 * server: these need rules with addresses that the input does not have.
 */
export const restrictEgress: Hardening = {
  id: 'restrict-egress',
  propose(facts) {
    if (facts.mesh.cni === 'ignores-network-policy') return [];
    return [...facts.mesh.workloadsByNamespace]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([key, workloads]) => (isReady(facts, workloads) ? candidateFor(facts, key, workloads) : []));
  },

  holds(facts, { destinations, senders }, { before, after }) {
    const leaky = (enforcement: Enforcement): ReadonlySet<string> => {
      const own = makeFacts(enforcement, {});
      return new Set(
        [...destinations, ...senders].flatMap(({ id }) => {
          const workload = enforcement.mesh.workloadById.get(id);
          return workload && exfiltrationOf(own, workload) ? [id] : [];
        }),
      );
    };
    const left = leaky(after);
    const sensitive = [...leaky(before)].filter((id) =>
      senders.some((each) => each.id === id && isWorthGuessing(facts, each)),
    );
    return sensitive.length > 0 && sensitive.every((id) => !left.has(id));
  },
};

function isReady(facts: Facts, workloads: readonly Workload[]): boolean {
  const [first] = workloads;
  if (!first || first.namespace === facts.enforcement.rootNamespace) return false;
  if (!workloads.some((each) => isWorthGuessing(facts, each)) || !isNamespaceStated(facts, first)) return false;
  if (workloads.some((each) => isMachinery(each) || each.dataPlane.kind === 'gateway' || !canBeSelected(each)))
    return false;
  const { controlOf } = egressFacts(facts);
  if (workloads.some((each) => controlOf(each).state !== 'none')) return false;
  return !needsOutside(facts, first) && !workloads.some((each) => hasRights(facts, each));
}

/** An external host that is registered for the namespace is one that somebody calls. */
function needsOutside({ mesh, enforcement }: Facts, workload: Workload): boolean {
  const { value } = enforcement.configOf(workload).defaultExportTo;
  return mesh.resources
    .of('ServiceEntry')
    .some(
      ({ cluster, namespace, spec }) =>
        cluster === workload.cluster &&
        spec.location !== 'MESH_INTERNAL' &&
        isExported(spec.exportTo, value.service, namespace, workload.namespace),
    );
}

/** Whoever has rights at the API server calls it, at an address that no selector covers. */
function hasRights({ mesh }: Facts, { cluster, namespace, serviceAccount }: Workload): boolean {
  return [...mesh.resources.of('RoleBinding'), ...mesh.resources.of('ClusterRoleBinding')].some(
    (binding) =>
      binding.cluster === cluster &&
      (binding.spec.subjects ?? []).some(
        (subject) =>
          subject.kind === 'ServiceAccount' &&
          subject.name === serviceAccount &&
          (subject.namespace ?? binding.namespace) === namespace,
      ),
  );
}

const POLICY = 'restrict-egress';

function candidateFor(facts: Facts, key: string, workloads: readonly Workload[]): readonly Candidate[] {
  const [first] = workloads;
  const { mesh, enforcement } = facts;
  if (!first || mesh.resources.find('NetworkPolicy', first.namespace, POLICY, first.cluster)) return [];
  const { namespace, cluster, resource } = first;
  const istiod = findIstiodNamespace(mesh.workloads) ?? enforcement.rootNamespace;
  const anyPod = { namespaceSelector: {} };
  return [
    {
      id: `restrict-egress ${key}`,
      summary: `${key}: no address outside the cluster (NetworkPolicy), but DNS, istiod and the pods of the cluster as before`,
      changes: [
        {
          kind: 'add',
          manifest: {
            apiVersion: 'networking.k8s.io/v1',
            kind: 'NetworkPolicy',
            metadata: { name: POLICY, namespace },
            spec: {
              podSelector: {},
              policyTypes: ['Egress'],
              egress: [
                ...meshEssentials(istiod),
                { to: [anyPod], ports: [{ protocol: 'TCP', port: 15008 }] },
                { to: [anyPod] },
              ],
            },
          },
          beside: mesh.resources.find('Namespace', '', namespace, cluster) ?? resource,
        },
      ],
      destinations: [],
      senders: workloads,
      effort: 3,
      isTidying: true,
      unknownCallers: [],
      unproven: [
        `whether anything in ${key} calls hosts outside the cluster: no ServiceEntry registers one for it, and \`wanted\` knows the cluster alone`,
      ],
      preconditions: [
        CNI_ENFORCES,
        'DNS is served by the pods of kube-system (NodeLocal DNSCache listens on the node: add ipBlock 169.254.20.10/32)',
        `for a week nothing in ${key} has called an address outside the cluster: PassthroughCluster in the access logs, flow logs of the CNI`,
      ],
      sideEffects: [
        'calls to addresses outside the cluster, the API server and the metadata service of the cloud among them, time out',
        'what has to leave goes by an egress gateway: a ServiceEntry and a route through it for each host',
      ],
    },
  ];
}
