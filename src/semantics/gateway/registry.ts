import {
  namespaceKey,
  type Mesh,
  type MeshService,
  type ServicePort,
  type Workload,
} from '../../model/inventory/types.ts';
import { parseProtocol } from '../../model/inventory/protocol.ts';
import type { ServiceEntry } from '../../model/istio/service-entry.ts';
import { matchesLabels } from '../../model/inventory/label-selection.ts';
import { servicesSeenBy } from '../clusters.ts';
import { targetPort } from '../resolve-request.ts';
import { qualifyHost, serviceHost } from './host-name.ts';
import { isExported } from './visibility.ts';

type Labels = Readonly<Record<string, string>>;

export interface RegistryPort {
  readonly port: number;
  readonly protocol: string;
  readonly transport: ServicePort['transport'];
}

export interface Endpoint {
  readonly workload: Workload;
  /** The workload's own port. */
  readonly port: number;
}

/** A host that proxies know: a Service (of all clusters that have it) or a host of a ServiceEntry. */
export interface RegistryEntry {
  readonly host: string;
  /** `ns/name` of a Service, the host of a ServiceEntry. */
  readonly label: string;
  readonly namespace: string;
  readonly ports: readonly RegistryPort[];
  readonly external: boolean;
  /** Of a Service of type ExternalName: the host it stands for. */
  readonly alias?: string;
  readonly isVisibleTo: (namespace: string) => boolean;
  /** Workloads behind a port, of a subset's labels, as a proxy of a cluster sees them. */
  readonly endpoints: (port: number, subset: Labels, cluster: string) => readonly Endpoint[];
}

/** What istiod knows as destinations, by host. */
export class Registry {
  readonly #byHost = new Map<string, RegistryEntry[]>();

  constructor(mesh: Mesh) {
    const defaults = mesh.config.defaultExportTo.value.service;
    const groups = new Map<string, MeshService[]>();
    for (const service of mesh.services) {
      const host = serviceHost(service.name, service.namespace);
      const group = groups.get(host);
      if (group) group.push(service);
      else groups.set(host, [service]);
    }
    for (const [host, services] of groups) this.#add(ofServices(mesh, host, services, defaults));
    for (const entry of mesh.resources.of('ServiceEntry')) {
      for (const host of entry.spec.hosts ?? []) this.#add(ofServiceEntry(mesh, host.toLowerCase(), entry, defaults));
    }
  }

  #add(entry: RegistryEntry | undefined): void {
    if (!entry) return;
    const found = this.#byHost.get(entry.host);
    if (found) found.push(entry);
    else this.#byHost.set(entry.host, [entry]);
  }

  /**
   * The one of the route's own namespace, if the proxy sees it; else any that it sees. Source: istio pilot/pkg/networking/core/gateway.go
   * (buildNameToServiceMapForHTTPRoutes).
   */
  find(host: string, routeNamespace: string, proxyNamespace: string): RegistryEntry | undefined {
    const visible = (this.#byHost.get(host) ?? []).filter((entry) => entry.isVisibleTo(proxyNamespace));
    return visible.find(({ namespace }) => namespace === routeNamespace) ?? visible[0];
  }

  /** Everything that a proxy sees, in the order of the input. */
  visibleTo(proxyNamespace: string): readonly RegistryEntry[] {
    return [...this.#byHost.values()].flatMap((entries) =>
      entries.filter((entry) => entry.isVisibleTo(proxyNamespace)).slice(0, 1),
    );
  }
}

function ofServices(
  mesh: Mesh,
  host: string,
  services: readonly MeshService[],
  defaults: readonly string[],
): RegistryEntry | undefined {
  const [first] = services;
  if (!first) return undefined;
  const { namespace, name, annotations, externalName } = first;
  const exportTo = annotations['networking.istio.io/exportTo']?.split(',').map((part) => part.trim());
  return {
    host,
    label: `${namespace}/${name}`,
    namespace,
    ports: first.ports,
    external: first.type === 'ExternalName',
    ...(first.type === 'ExternalName' && externalName ? { alias: qualifyHost(externalName, namespace) } : {}),
    isVisibleTo: (proxy) => isExported(exportTo, defaults, namespace, proxy),
    endpoints: (number, subset, cluster) =>
      servicesSeenBy(mesh, services, { cluster, isAmbient: false }).flatMap((service) =>
        endpointsOf(mesh, service, number, subset),
      ),
  };
}

function endpointsOf(mesh: Mesh, service: MeshService, number: number, subset: Labels): readonly Endpoint[] {
  const port = service.ports.find((candidate) => candidate.port === number);
  if (!port) return [];
  return service.workloads.flatMap((id) => {
    const workload = mesh.workloadById.get(id);
    if (!workload || !matchesLabels(subset, workload.labels)) return [];
    const target = targetPort(workload, service, port);
    return target === undefined ? [] : [{ workload, port: target }];
  });
}

function ofServiceEntry(mesh: Mesh, host: string, entry: ServiceEntry, defaults: readonly string[]): RegistryEntry {
  const { namespace, cluster, spec } = entry;
  const ports = (spec.ports ?? []).flatMap(({ number, protocol, name, targetPort: target }) =>
    number === undefined
      ? []
      : [{ port: number, name, target: target ?? number, transport: 'TCP' as const, ...parseProtocol(protocol) }],
  );
  const selector = spec.workloadSelector?.labels ?? {};
  return {
    host,
    label: host,
    namespace,
    ports,
    external: spec.location !== 'MESH_INTERNAL',
    isVisibleTo: (proxy) => isExported(spec.exportTo, defaults, namespace, proxy),
    endpoints: (number, subset) => {
      const port = ports.find((candidate) => candidate.port === number);
      if (!port || Object.keys(selector).length === 0) return [];
      return (mesh.workloadsByNamespace.get(namespaceKey(cluster, namespace)) ?? [])
        .filter(({ labels }) => matchesLabels(selector, labels) && matchesLabels(subset, labels))
        .map((workload) => ({
          workload,
          port: workload.ports.find((own) => own.name !== undefined && own.name === port.name)?.port ?? port.target,
        }));
    },
  };
}
