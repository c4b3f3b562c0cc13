import type { Mesh, MeshService, ServicePort, Workload } from '../../model/inventory/types.ts';
import type { WorkloadEntrySpec } from '../../model/istio/workload-entry.ts';
import { matchesLabels } from '../../model/inventory/label-selection.ts';
import { servicesSeenBy } from '../clusters.ts';
import { type EntryEndpoint, type EntryService, entryEndpoints, entryServices } from '../outbound/entry-service.ts';
import { targetPort } from '../resolve-request.ts';
import { qualifyHost, serviceHost } from './host-name.ts';
import { effectiveExport, isExported } from './visibility.ts';

type Labels = Readonly<Record<string, string>>;

export interface Endpoint {
  readonly workload: Workload;
  /** The workload's own port. */
  readonly port: number;
  /** The service that leads there. */
  readonly service: MeshService;
  /** As a ServiceEntry itself has it. */
  readonly written?: WorkloadEntrySpec;
}

/** A host that proxies know: a Service (of all clusters that have it) or a host of a ServiceEntry. */
export interface RegistryEntry {
  readonly host: string;
  /** `ns/name` of a Service, the host of a ServiceEntry. */
  readonly label: string;
  readonly namespace: string;
  /** Of the first cluster that has it. */
  readonly service: MeshService;
  readonly ports: readonly ServicePort[];
  readonly external: boolean;
  /** Of a Service of type ExternalName: the host it stands for. */
  readonly alias?: string;
  /** Effective: what the object says, else the mesh's default. */
  readonly exportTo: readonly string[];
  readonly isVisibleTo: (namespace: string) => boolean;
  /** Workloads behind a port, of a subset's labels, as a proxy of a cluster sees them. */
  readonly endpoints: (port: number, subset: Labels, cluster: string) => readonly Endpoint[];
  /** Addresses behind a port that no workload of the input has. */
  readonly outside: (port: number, subset: Labels) => readonly Outside[];
}

export type Outside = Extract<EntryEndpoint, { kind: 'outside' }>;

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
    for (const service of entryServices(mesh).all) {
      for (const host of service.hosts) this.#add(ofServiceEntry(mesh, host, service, defaults));
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

  /** All that is exported to a namespace, Services before ServiceEntries; of one host there may be several. */
  allExportedTo(proxyNamespace: string): readonly RegistryEntry[] {
    return [...this.#byHost.values()].flat().filter((entry) => entry.isVisibleTo(proxyNamespace));
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
    service: first,
    ports: first.ports,
    external: first.type === 'ExternalName',
    ...(first.type === 'ExternalName' && externalName ? { alias: qualifyHost(externalName, namespace) } : {}),
    exportTo: effectiveExport(exportTo, defaults),
    isVisibleTo: (proxy) => isExported(exportTo, defaults, namespace, proxy),
    endpoints: (number, subset, cluster) =>
      servicesSeenBy(mesh, services, { cluster, isAmbient: false }).flatMap((service) =>
        endpointsOf(mesh, service, number, subset),
      ),
    outside: () => [],
  };
}

function endpointsOf(mesh: Mesh, service: MeshService, number: number, subset: Labels): readonly Endpoint[] {
  const port = service.ports.find((candidate) => candidate.port === number);
  if (!port) return [];
  return service.workloads.flatMap((id) => {
    const workload = mesh.workloadById.get(id);
    if (!workload || !matchesLabels(subset, workload.labels)) return [];
    const target = targetPort(workload, service, port);
    return target === undefined ? [] : [{ workload, port: target, service }];
  });
}

function ofServiceEntry(mesh: Mesh, host: string, service: EntryService, defaults: readonly string[]): RegistryEntry {
  const { namespace, ports, external, resource } = service;
  return {
    host,
    label: host,
    namespace,
    service,
    ports,
    external,
    exportTo: effectiveExport(resource.spec.exportTo, defaults),
    isVisibleTo: (proxy) => isExported(resource.spec.exportTo, defaults, namespace, proxy),
    endpoints: (number, subset) =>
      entryEndpoints(mesh, service, number, subset).flatMap((endpoint) =>
        endpoint.kind === 'workload' ? [{ ...endpoint, service }] : [],
      ),
    outside: (number, subset) =>
      entryEndpoints(mesh, service, number, subset).flatMap((endpoint) =>
        endpoint.kind === 'outside' ? [endpoint] : [],
      ),
  };
}
