import { parseProtocol } from '../../model/inventory/protocol.ts';
import { type Mesh, type MeshService, namespaceKey, serviceId, type Workload } from '../../model/inventory/types.ts';
import { matchesLabels } from '../../model/inventory/label-selection.ts';
import type { ServiceEntry } from '../../model/istio/service-entry.ts';
import type { WorkloadEntrySpec } from '../../model/istio/workload-entry.ts';
import { compareAge } from '../gateway/age.ts';

type Labels = Readonly<Record<string, string>>;

/** A ServiceEntry as proxies know it: a service like any other, with hosts of its own. */
export interface EntryService extends MeshService {
  readonly resource: ServiceEntry;
  /** In lower case, as written; may be wildcards. */
  readonly hosts: readonly string[];
  /** Addresses and ranges that stand for it. */
  readonly vips: readonly string[];
  readonly external: boolean;
  readonly resolution: NonNullable<ServiceEntry['spec']['resolution']>;
}

/** Where a port of a ServiceEntry leads: to a workload of the input, or to an address that none of them has. */
export type EntryEndpoint =
  | {
      readonly kind: 'workload';
      readonly workload: Workload;
      /** The workload's own port. */
      readonly port: number;
      /** Written in the entry itself: what it says of mutual TLS holds, not what the pod says. */
      readonly written?: WorkloadEntrySpec;
    }
  /** Without an address: whatever the host's name stands for, or the address that the client asked for. */
  | { readonly kind: 'outside'; readonly address?: string; readonly port: number };

export interface EntryServices {
  readonly all: readonly EntryService[];
  /** By `ns/name`, or `cluster:ns/name`. */
  readonly byName: ReadonlyMap<string, EntryService>;
}

const KNOWN = new WeakMap<Mesh, EntryServices>();

export function entryServices(mesh: Mesh): EntryServices {
  let known = KNOWN.get(mesh);
  if (!known) {
    // Of several that claim the same, the oldest counts.
    const all = [...mesh.resources.of('ServiceEntry')].sort(compareAge).map(readEntry);
    known = {
      all,
      byName: new Map(all.map((service) => [nameOf(service), service])),
    };
    KNOWN.set(mesh, known);
  }
  return known;
}

const nameOf = ({ cluster, namespace, name }: MeshService): string => serviceId(cluster, namespace, name);

export const isEntryService = (service: MeshService): service is EntryService =>
  service.resource.kind === 'ServiceEntry';

/** Source: istio pilot/pkg/serviceregistry/serviceentry/conversion.go (convertServices). */
function readEntry(entry: ServiceEntry): EntryService {
  const { cluster, namespace, name, labels, annotations, spec } = entry;
  return {
    // Services and ServiceEntries may share a name.
    id: `ServiceEntry ${serviceId(cluster, namespace, name)}`,
    cluster,
    namespace,
    name,
    labels,
    annotations,
    type: 'ClusterIP',
    headless: false,
    externalIPs: [],
    loadBalancerSourceRanges: [],
    internal: false,
    ports: (spec.ports ?? []).flatMap(({ number, name: portName, targetPort, protocol }) =>
      number === undefined
        ? []
        : [
            {
              port: number,
              ...(portName === undefined ? {} : { name: portName }),
              transport: 'TCP' as const,
              ...parseProtocol(protocol),
              targetPort: targetPort ?? number,
            },
          ],
    ),
    workloads: [],
    resource: entry,
    hosts: (spec.hosts ?? []).map((host) => host.toLowerCase()),
    vips: spec.addresses ?? [],
    external: spec.location !== 'MESH_INTERNAL',
    resolution: spec.resolution ?? 'NONE',
  };
}

/**
 * What is behind a port of a ServiceEntry. The selector stands in the way of written endpoints; a port of the endpoint with the same name
 * comes before `targetPort`, and that before the number. Without either it is the host itself (DNS), or the address asked for (NONE).
 *
 * Source: istio pilot/pkg/serviceregistry/serviceentry/conversion.go (convertServiceEntryToInstances,
 * convertWorkloadInstanceToServiceInstance).
 */
export function entryEndpoints(
  mesh: Mesh,
  service: EntryService,
  portNumber: number,
  subset: Labels = {},
): readonly EntryEndpoint[] {
  const port = service.ports.find((candidate) => candidate.port === portNumber);
  if (!port) return [];
  const { cluster, namespace, resource } = service;
  const target = typeof port.targetPort === 'number' ? port.targetPort : port.port;
  const selector = resource.spec.workloadSelector?.labels ?? {};
  if (Object.keys(selector).length > 0) {
    return (mesh.workloadsByNamespace.get(namespaceKey(cluster, namespace)) ?? [])
      .filter(({ labels }) => matchesLabels(selector, labels) && matchesLabels(subset, labels))
      .map((workload) => ({
        kind: 'workload',
        workload,
        port: workload.ports.find((own) => own.name !== undefined && own.name === port.name)?.port ?? target,
      }));
  }
  const endpoints = resource.spec.endpoints ?? [];
  if (endpoints.length === 0) return service.resolution === 'STATIC' ? [] : [{ kind: 'outside', port: target }];
  return endpoints.flatMap((written): readonly EntryEndpoint[] => {
    const { address, ports, labels } = written;
    if (address === undefined || address.startsWith('unix:') || !matchesLabels(subset, labels ?? {})) return [];
    const own = (port.name !== undefined && ports?.[port.name]) || target;
    const workload = workloadAt(mesh, cluster, address);
    return [workload ? { kind: 'workload', workload, port: own, written } : { kind: 'outside', address, port: own }];
  });
}

const ADDRESSES = new WeakMap<Mesh, ReadonlyMap<string, Workload>>();

/** The workload that has an address, as far as the input has pods and machines with theirs. */
export function workloadAt(mesh: Mesh, cluster: string, address: string): Workload | undefined {
  let known = ADDRESSES.get(mesh);
  if (!known) {
    // Pods in the host's network share the address of their node.
    const own = mesh.workloads.filter(({ hostNetwork }) => !hostNetwork);
    known = new Map(own.flatMap((each) => each.addresses.map((ip) => [`${each.cluster} ${ip}`, each] as const)));
    ADDRESSES.set(mesh, known);
  }
  return known.get(`${cluster} ${address}`);
}
