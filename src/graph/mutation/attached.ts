import type { Workload } from '../../model/inventory/types.ts';
import { matchesLabels } from '../../model/inventory/label-selection.ts';
import type { PeerAuthentication } from '../../model/istio/peer-authentication.ts';
import type { Resource } from '../../model/resource.ts';
import { waypointOf, waypointPolicies } from '../../semantics/ambient/waypoint.ts';
import type { Enforcement, EnvoyPolicies } from '../../semantics/enforcement.ts';
import { indexGateways } from '../../semantics/gateway/index-gateways.ts';
import { isolation } from '../../semantics/network-policy/policy-index.ts';
import { matchLabelsOf } from '../../semantics/policy-index.ts';
import { waysThrough } from '../ways-through.ts';

/** Workloads whose own traffic, or the traffic to whom, an object has a say in. */
export function workloadsOf(enforcement: Enforcement, resource: Resource): readonly Workload[] {
  return enforcement.mesh.workloads.filter(
    (workload) => !isRouter(workload) && hasSay(enforcement, workload, resource),
  );
}

/** Gateways that hold an object, those whose pods are not in the input too. */
export function gatewaysOf(enforcement: Enforcement, resource: Resource): readonly Workload[] {
  return indexGateways(enforcement)
    .proxies.map(({ workload }) => workload)
    .filter((gateway) =>
      resource.kind === 'NetworkPolicy'
        ? selects(enforcement, gateway, resource)
        : holds(enforcement.envoy(gateway), resource),
    );
}

/** Gateways have routes; a waypoint is asked about as a part of the way to what is behind it. */
const isRouter = ({ dataPlane }: Workload): boolean => dataPlane.kind === 'gateway';

function hasSay(enforcement: Enforcement, workload: Workload, resource: Resource): boolean {
  if (resource.kind === 'NetworkPolicy') return selects(enforcement, workload, resource);
  if (resource.kind === 'PeerAuthentication') {
    const { cluster, namespace, spec } = resource as PeerAuthentication;
    return (
      cluster === enforcement.policyCluster(workload) &&
      (namespace === enforcement.rootNamespace || namespace === workload.namespace) &&
      matchesLabels(matchLabelsOf(spec), workload.labels)
    );
  }
  if (holds(enforcement.envoy(workload), resource)) return true;
  if (workload.dataPlane.kind !== 'ambient') return false;
  return workload.ports.some((port) =>
    waysThrough(enforcement, port).some((via) => {
      const waypoint = waypointOf(enforcement, via.service);
      const destination = { workload, port: port.port, via };
      return waypoint !== undefined && holds(waypointPolicies(enforcement, { destination }, waypoint), resource);
    }),
  );
}

const holds = ({ authorization, requestAuthentication }: EnvoyPolicies, resource: Resource): boolean =>
  [...authorization, ...requestAuthentication].some((policy: Resource) => policy === resource);

function selects({ network }: Enforcement, workload: Workload, resource: Resource): boolean {
  const { cluster, namespace, labels, hostNetwork } = workload;
  const { ingress, egress } = isolation(network, namespace, labels, { cluster, hostNetwork });
  return [...ingress, ...egress].some((policy: Resource) => policy === resource);
}
