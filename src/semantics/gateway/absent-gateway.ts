import { LISTENS_ITSELF } from '../../model/inventory/capture.ts';
import { configClusterOf } from '../../model/inventory/clusters.ts';
import { type Mesh, principal, type Workload, type WorkloadPort, workloadId } from '../../model/inventory/types.ts';
import { matchesLabels } from '../../model/inventory/label-selection.ts';
import { compare } from './age.ts';
import type { GatewayObject } from './server.ts';

/**
 * Gateways whose pods are not in the input, by what they select: manifests of an application name the shared ingress gateway and do not hold
 * it. Its namespace and service account are those of Istio's own installation, which is an assumption.
 */
export function findAbsentGateways(mesh: Mesh, gateways: readonly GatewayObject[]): readonly Workload[] {
  const groups = new Map<string, GatewayObject[]>();
  const byLabel = workloadsByLabel(mesh);
  for (const gateway of gateways) {
    if (gateway.kubernetes || isServed(mesh, byLabel, gateway)) continue;
    const selector = Object.entries(gateway.selector ?? {}).sort(([a], [b]) => compare(a, b));
    const key = `${gateway.cluster} ${JSON.stringify(selector)}`;
    groups.set(key, [...(groups.get(key) ?? []), gateway]);
  }
  return [...groups.values()].map((group) => toWorkload(mesh, group));
}

function workloadsByLabel(mesh: Mesh): ReadonlyMap<string, readonly Workload[]> {
  const byLabel = new Map<string, Workload[]>();
  for (const workload of mesh.workloads) {
    for (const [key, value] of Object.entries(workload.labels)) {
      const carriers = byLabel.get(`${key}=${value}`);
      if (carriers) carriers.push(workload);
      else byLabel.set(`${key}=${value}`, [workload]);
    }
  }
  return byLabel;
}

/**
 * Something in the input carries the labels, though it may be no gateway; without labels, there is some gateway. What has the labels and may
 * or may not have a proxy serves nothing that could be told.
 */
function isServed(
  mesh: Mesh,
  byLabel: ReadonlyMap<string, readonly Workload[]>,
  { selector = {}, cluster }: GatewayObject,
): boolean {
  const [first] = Object.entries(selector);
  if (!first) {
    return mesh.workloads.some(
      (each) =>
        configClusterOf(mesh, each.cluster) === cluster &&
        each.gateway !== undefined &&
        each.gateway.kind !== 'waypoint',
    );
  }
  return (byLabel.get(first.join('=')) ?? []).some(
    (each) => configClusterOf(mesh, each.cluster) === cluster && matchesLabels(selector, each.labels) && isKnown(each),
  );
}

const isKnown = ({ dataPlane }: Workload): boolean => dataPlane.kind === 'gateway' || dataPlane.status !== 'UNKNOWN';

function toWorkload(mesh: Mesh, group: readonly GatewayObject[]): Workload {
  const [first] = group;
  const { cluster = '', resource, selector = {} } = first ?? {};
  if (!resource) throw new Error('a group of Gateways is never empty');
  const label = selector.istio ?? selector.app ?? 'ingressgateway';
  const name = label.startsWith('istio') ? label : `istio-${label}`;
  const namespace = mesh.config.rootNamespace.value;
  const serviceAccount = `${name}-service-account`;
  const assumption = `the pods that Gateways of selector \`${textOf(selector)}\` select are not in the input: taken to be \`${namespace}/${name}\` with service account \`${serviceAccount}\`, and exposed`;
  const ports = new Map<number, WorkloadPort>();
  for (const { port, protocol } of group.flatMap(({ servers }) => servers)) {
    if (!ports.has(port))
      ports.set(port, { port, transport: 'TCP', ...protocol, services: [], declaredBy: 'gateway', probed: false });
  }
  return {
    id: workloadId(cluster, namespace, name),
    cluster,
    namespace,
    name,
    kind: 'Gateway',
    resource,
    templatePath: [],
    labels: selector,
    annotations: {},
    serviceAccount,
    identity: principal(mesh.config.trustDomain.value, namespace, serviceAccount),
    dataPlane: {
      kind: 'gateway',
      status: 'INFERRED',
      why: 'Gateways select it; its pods are not in the input',
      assumes: [assumption],
      revision: 'default',
      capture: LISTENS_ITSELF,
    },
    gateway: { kind: label.includes('egress') ? 'egress' : 'istio' },
    hostNetwork: false,
    addresses: [],
    pods: [],
    ports: [...ports.values()].sort((a, b) => a.port - b.port),
    services: [],
    containers: [],
  };
}

const textOf = (selector: Readonly<Record<string, string>>): string =>
  Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(',') || 'none';
