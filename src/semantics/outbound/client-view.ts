import { configClusterOf } from '../../model/inventory/clusters.ts';
import type { Mesh, MeshService, ServicePort, Workload } from '../../model/inventory/types.ts';
import { contains, parseAddress, parseCidr } from '../../util/cidr.ts';
import type { Enforcement } from '../enforcement.ts';
import { isAgeUnknown } from '../gateway/age.ts';
import { type Destinations, destinationsOf } from '../gateway/destination.ts';
import { covers, isWildcard, withoutPort } from '../gateway/host-name.ts';
import type { RegistryEntry } from '../gateway/registry.ts';
import { readMeshKubernetesRoutes } from '../gateway/kubernetes/mesh-routes.ts';
import { RouteIndex } from '../gateway/route-index.ts';
import type { RouteObject } from '../gateway/route-object.ts';
import { MESH, readMeshVirtualServices } from '../gateway/virtual-services.ts';
import { isEntryService } from './entry-service.ts';
import { addressesOf } from './service-address.ts';
import { type SidecarScope, scopeOf } from './sidecar-scope.ts';

/** What a virtual host stands for: a service that the proxy knows, routes, or both. */
export interface NamedTarget {
  readonly entry?: RegistryEntry;
  readonly owner?: RouteObject;
}

/**
 * What one sidecar is configured with for what its application sends: the services that are exported to its namespace and imported by its Sidecar,
 * and the VirtualServices of the `mesh` gateway.
 *
 * Source: istio pilot/pkg/model/sidecar.go, pilot/pkg/networking/core/httproute.go (BuildSidecarOutboundVirtualHosts).
 */
export class ClientView {
  readonly client: Workload;
  readonly scope: SidecarScope;
  readonly destinations: Destinations;
  readonly #routes: readonly RouteObject[];
  readonly #entries = new Map<number, readonly RegistryEntry[]>();

  constructor(enforcement: Enforcement, client: Workload) {
    this.client = client;
    this.scope = scopeOf(enforcement, client);
    this.destinations = destinationsOf(enforcement.mesh);
    this.#routes = meshRoutes(enforcement.mesh).boundTo(client.cluster, MESH, client.namespace).all;
  }

  /** Services with a port, one per host: that of the client's namespace, else a Service before a ServiceEntry. */
  entriesAt(port: number): readonly RegistryEntry[] {
    let entries = this.#entries.get(port);
    if (!entries) {
      const byHost = new Map<string, RegistryEntry>();
      const { namespace } = this.client;
      for (const entry of this.destinations.registry.allExportedTo(namespace)) {
        if (!portOf(entry, port) || !this.scope.importsService(entry.host, entry.namespace, port)) continue;
        const known = byHost.get(entry.host);
        if (!known || (known.namespace !== namespace && entry.namespace === namespace)) byHost.set(entry.host, entry);
      }
      entries = [...byHost.values()];
      this.#entries.set(port, entries);
    }
    return entries;
  }

  /** A service as it is known here; undefined: the proxy has never heard of it. Of a ServiceEntry with several hosts, the one that is meant. */
  entryOf(service: MeshService, port: number, host?: string): RegistryEntry | undefined {
    const same = this.entriesAt(port).filter(
      (entry) =>
        entry.service === service ||
        (!isEntryService(service) && entry.namespace === service.namespace && entry.service.name === service.name),
    );
    const name = host === undefined ? undefined : withoutPort(host.toLowerCase());
    return same.find((entry) => name !== undefined && covers(entry.host, name)) ?? same[0];
  }

  /** By the address that a connection goes to; that of a pod stands for the headless services that it is behind. */
  entryAt(ip: string, port: number, pod: Workload | undefined): RegistryEntry | undefined {
    const address = parseAddress(ip);
    if (!address) return undefined;
    const entries = this.entriesAt(port);
    const holds = (text: string): boolean => {
      const block = parseCidr(text);
      return block !== undefined && contains(block, address);
    };
    return (
      entries.find(({ service }) => addressesOf(service).some(holds)) ??
      entries.find(
        (entry) =>
          entry.service.headless &&
          entry.endpoints(port, {}, this.client.cluster).some(({ workload }) => workload === pod),
      )
    );
  }

  /** Some service makes the proxy listen for HTTP on the port, whatever the address. */
  listensForHttp(port: number): boolean {
    return this.entriesAt(port).some((entry) => isByName(entry, port));
  }

  /** The virtual host that takes an authority: the exact one, else the longest wildcard. */
  findByName(authority: string, port: number): NamedTarget | undefined {
    const name = withoutPort(authority.toLowerCase());
    const http = this.entriesAt(port).filter((entry) => portOf(entry, port)?.chain !== 'tcp');
    const entry = http.find((each) => this.#domainsOf(each).includes(name));
    if (entry) return this.#withRoutes(entry, port);
    const owners = this.routesAt(port);
    const exact = owners.find(({ hosts }) => hosts.includes(name));
    if (exact) return { owner: exact };
    const wild = [
      ...http.flatMap((each) => this.#domainsOf(each).map((domain) => ({ domain, entry: each }))),
      ...owners.flatMap((owner) => owner.hosts.map((domain) => ({ domain, owner }))),
    ]
      .filter(({ domain }) => isWildcard(domain) && covers(domain, name))
      .sort((a, b) => b.domain.length - a.domain.length)[0];
    if (!wild) return undefined;
    return 'entry' in wild ? this.#withRoutes(wild.entry, port) : wild;
  }

  /** The VirtualService for a service: one with its host, else the one with the longest wildcard; the first of equals. */
  routesFor(host: string, port: number): RouteObject | undefined {
    const owners = this.routesAt(port);
    const exact = owners.find(({ hosts }) => hosts.includes(host));
    if (exact) return exact;
    let best: { readonly owner: RouteObject; readonly length: number } | undefined;
    for (const owner of owners) {
      for (const wide of owner.hosts) {
        if (!isWildcard(wide) || !covers(wide, host) || (best && wide.length <= best.length)) continue;
        best = { owner, length: wide.length };
      }
    }
    return best?.owner;
  }

  /** Whether another VirtualService has the same host, and nothing tells which of the two is older. */
  isContested(owner: RouteObject, host: string, port: number): boolean {
    return this.routesAt(port).some(
      (other) =>
        other !== owner && other.hosts.includes(host) && owner.hosts.includes(host) && isAgeUnknown(owner, other),
    );
  }

  /** Those imported for a port; on others than 80, only those with the host of a service that has the port. */
  routesAt(port: number): readonly RouteObject[] {
    const imported = this.#routes.filter(({ hosts, namespace }) => this.scope.importsRoute(hosts, namespace, port));
    if (port === 80) return imported;
    const known = this.entriesAt(port);
    return imported.filter(({ hosts }) =>
      hosts.some((host) => known.some((entry) => covers(host, entry.host) || covers(entry.host, host))),
    );
  }

  #withRoutes(entry: RegistryEntry, port: number): NamedTarget {
    const owner = this.routesFor(entry.host, port);
    return owner ? { entry, owner } : { entry };
  }

  /** Source: istio pilot/pkg/networking/core/httproute.go (generateVirtualHostDomains, GenerateAltVirtualHosts). */
  #domainsOf({ host, service }: RegistryEntry): readonly string[] {
    const addresses = addressesOf(service).filter((each) => !each.includes('/'));
    if (isEntryService(service)) return [host, ...addresses];
    const { name, namespace, headless } = service;
    const names = [host, `${name}.${namespace}.svc`, `${name}.${namespace}`];
    if (namespace === this.client.namespace) names.push(name);
    return [...names, ...(headless ? names.map((each) => `*.${each}`) : []), ...addresses];
  }
}

export const portOf = ({ ports }: RegistryEntry, number: number): ServicePort | undefined =>
  ports.find(({ port, transport }) => port === number && transport === 'TCP');

/** Whether requests are told apart by name on a port: HTTP, or detected where no address stands for the service. */
export function isByName(entry: RegistryEntry, port: number): boolean {
  const chain = portOf(entry, port)?.chain;
  return chain === 'http' || (chain === 'auto' && isEntryService(entry.service) && entry.service.vips.length === 0);
}

const VIEWS = new WeakMap<Enforcement, Map<Workload, ClientView>>();

/** The view of a client, worked out once. */
export function viewOf(enforcement: Enforcement, client: Workload): ClientView {
  const views = VIEWS.get(enforcement) ?? new Map<Workload, ClientView>();
  VIEWS.set(enforcement, views);
  const view = views.get(client) ?? new ClientView(enforcement, client);
  views.set(client, view);
  return view;
}

const ROUTES = new WeakMap<Mesh, RouteIndex>();

function meshRoutes(mesh: Mesh): RouteIndex {
  const known =
    ROUTES.get(mesh) ??
    new RouteIndex(
      [...readMeshVirtualServices(mesh), ...readMeshKubernetesRoutes(mesh)],
      mesh.config.defaultExportTo.value.virtualService,
      (cluster) => configClusterOf(mesh, cluster),
    );
  ROUTES.set(mesh, known);
  return known;
}
