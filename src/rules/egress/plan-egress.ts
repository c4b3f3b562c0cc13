import { canBeSelected, type EgressFacts } from '../../graph/egress.ts';
import type { Facts, Flow } from '../../graph/facts.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { Change } from '../../model/change/change.ts';
import { peerOf, podOf } from '../../semantics/network.ts';
import { decideEgress } from '../../semantics/network-policy/decide.ts';
import type { NetworkPolicyIndex } from '../../semantics/network-policy/policy-index.ts';
import { planEgressGateway } from './egress-gateway.ts';
import { countRestricted, restrictEgress } from './restrict-egress.ts';

export interface EgressPlan {
  readonly changes: readonly Change[];
  readonly steps: readonly string[];
  /** Namespaces that get a policy of their own. */
  readonly namespaces: readonly string[];
}

const FLOWS = 2000;
const SHOWN = 5;

/**
 * What closes the way out for good, together: NetworkPolicies against everything outside the cluster, and an egress gateway for the hosts that are
 * registered. That known calls inside the cluster go on is decided with the new policies.
 */
export function planEgress(facts: Facts, workloads: readonly Workload[], { controlOf }: EgressFacts): EgressPlan {
  const open = workloads.filter((workload) => canBeSelected(workload) && controlOf(workload).state !== 'restricted');
  if (open.length === 0) return { changes: [], steps: [], namespaces: [] };
  const restriction = restrictEgress(facts, open, controlOf);
  const sidecars = open.filter(({ dataPlane }) => dataPlane.kind === 'sidecar');
  const gateway = sidecars.length > 0 ? planEgressGateway(facts, sidecars) : { changes: [], steps: [] };
  const ambient = open.some(({ dataPlane }) => dataPlane.kind === 'ambient');
  const { namespaces, index, byHand } = restriction;
  return {
    namespaces,
    changes: [...gateway.changes, ...restriction.changes],
    steps: [
      ...gateway.steps,
      ...(ambient
        ? [
            'in ambient, put external hosts behind a waypoint: label the ServiceEntry `istio.io/use-waypoint`, and let NetworkPolicy admit the waypoint alone to leave',
          ]
        : []),
      ...(facts.mesh.cni === 'ignores-network-policy'
        ? ['this CNI does not enforce NetworkPolicy: until one that does is in place, restrict egress by a firewall']
        : []),
      `where they are enforced, the NetworkPolicies keep ${countRestricted(restriction, open)} of ${open.length} workloads from addresses outside; they leave open DNS in kube-system, istiod on 15012, HBONE on 15008 and pods of the cluster (NodeLocal DNSCache listens on the node: add ipBlock 169.254.20.10/32)`,
      ...provenFlows(facts, open, index),
      ...apiCallers(facts, open),
      ...byHand,
      'apply to one workload first (podSelector), watch for connections that time out, then widen',
    ],
  };
}

/** Asks the new policies whether what is wanted inside the cluster still leaves its source. */
function provenFlows(facts: Facts, workloads: readonly Workload[], index: NetworkPolicyIndex): readonly string[] {
  const flows = workloads.flatMap((workload) => facts.wanted.from(workload)).slice(0, FLOWS);
  if (flows.length === 0) return [];
  const broken = flows.filter((flow) => !leaves(facts, flow, index));
  const kept = `${flows.length - broken.length} of ${flows.length} wanted calls of these workloads still pass the NetworkPolicies`;
  return [
    kept,
    ...broken
      .slice(0, SHOWN)
      .map(({ from, to, port }) => `would break: ${from} → ${to}${port === undefined ? '' : `:${port}`}`),
  ];
}

const HBONE_PORT = 15008;

function leaves({ mesh }: Facts, { from, to, port }: Flow, index: NetworkPolicyIndex): boolean {
  const source = from === 'internet' ? undefined : mesh.workloadById.get(from);
  const target = mesh.workloadById.get(to);
  if (!source || !target) return true;
  const peer = peerOf(mesh, { kind: 'workload', workload: target });
  const tcp = target.ports.filter(({ transport }) => transport === 'TCP').map((each) => each.port);
  const ports = target.dataPlane.kind === 'ambient' ? [HBONE_PORT] : port === undefined ? tcp : [port];
  return ports.every((each) => decideEgress(index, podOf(source), peer, each, 'TCP').outcome !== 'deny');
}

/** Whoever has rights at the API server calls it, at an address that no pod selector covers. */
function apiCallers({ mesh }: Facts, workloads: readonly Workload[]): readonly string[] {
  const bound = new Set<string>();
  for (const binding of [...mesh.resources.of('RoleBinding'), ...mesh.resources.of('ClusterRoleBinding')]) {
    for (const { kind, namespace = binding.namespace, name } of binding.spec.subjects ?? []) {
      if (kind === 'ServiceAccount') bound.add(`${binding.cluster}:${namespace}/${name}`);
    }
  }
  const callers = workloads.filter(({ cluster, namespace, serviceAccount }) =>
    bound.has(`${cluster}:${namespace}/${serviceAccount}`),
  );
  if (callers.length === 0) return [];
  const names = callers.slice(0, SHOWN).map(({ id }) => id);
  const more = callers.length > SHOWN ? `, +${callers.length - SHOWN} more` : '';
  return [
    `would break unless its address is added as ipBlock (kubectl -n default get endpointslices kubernetes): calls to the API server by ${names.join(', ')}${more}, which hold rights there`,
  ];
}
