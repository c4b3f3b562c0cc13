import type { MeshService, ServicePort, Workload } from '../../model/inventory/types.ts';
import { contains, parseAddress, parseCidr } from '../../util/cidr.ts';
import type { Enforcement } from '../enforcement.ts';
import { isAgeUnknown } from '../gateway/age.ts';
import { type Destinations, destinationsOf } from '../gateway/destination.ts';
import { covers, isWildcard, withoutPort } from '../gateway/host-name.ts';
import type { RegistryEntry } from '../gateway/registry.ts';
import { meshRoutes } from '../gateway/mesh-routes.ts';
import type { RouteObject } from '../gateway/route-object.ts';
import { MESH } from '../gateway/virtual-services.ts';
import { parseProtocol } from '../../model/inventory/protocol.ts';
import { knownServices } from './known-services.ts';
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
  readonly #unserved = new Set<RegistryEntry>();

  constructor(enforcement: Enforcement, client: Workload) {
    this.client = client;
    this.scope = scopeOf(enforcement, client);
    this.destinations = destinationsOf(enforcement.mesh);
    this.#routes = meshRoutes(enforcement.mesh).boundTo(client.cluster, MESH, client.namespace).all;
  }

  /** Services with a port, in the order in which they count; of one host those of a single namespace. */
  entriesAt(port: number): readonly RegistryEntry[] {
    let entries = this.#entries.get(port);
    if (!entries) {
      const { importsService, protocolAt } = this.scope;
      const protocol = protocolAt(port);
      const imported = this.destinations.registry
        .allExportedTo(this.client.namespace)
        .filter((each) => importsService(each.host, each.namespace, port) && (!protocol || portOf(each, port)));
      const known = knownServices(imported, this.client.namespace);
      const atPort = known.entries.filter((each) => portOf(each, port));
      entries = protocol ? atPort.map((each) => spoken(each, port, protocol)) : atPort;
      const isUnserved = new Set([...known.unserved].map(({ service }) => service));
      for (const each of entries) if (isUnserved.has(each.service)) this.#unserved.add(each);
      this.#entries.set(port, entries);
    }
    return entries;
  }

  /** Whether there is a cluster for what the proxy listens for. */
  isServed(entry: RegistryEntry): boolean {
    return !this.#unserved.has(entry);
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
      entries.find(({ service }) => addressesOf(service).includes(ip)) ??
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

  /**
   * The virtual host that takes an authority: the exact one, else the longest wildcard. Hosts of a VirtualService stand for themselves only where no
   * service on the port has them.
   *
   * Source: istio pilot/pkg/networking/core/route/route.go (separateVSHostsAndServices, buildSidecarVirtualHostsForVirtualService).
   */
  findByName(authority: string, port: number): NamedTarget | undefined {
    const name = withoutPort(authority.toLowerCase());
    const known = this.entriesAt(port);
    const http = known.filter(({ service }) =>
      service.ports.some((each) => each.port === port && each.chain !== 'tcp'),
    );
    const entry = http.find((each) => this.#domainsOf(each).includes(name));
    if (entry) return this.#withRoutes(entry, port);
    const owners = this.routesAt(port).filter(
      ({ hosts }) => port === 80 || hosts.some((wide) => http.some(({ host }) => covers(wide, host))),
    );
    const ownHosts = ({ hosts, semantics }: RouteObject): readonly string[] =>
      hosts.filter((wide) =>
        isWildcard(wide)
          ? semantics === 'gateway-api' || !known.some(({ host }) => covers(wide, host))
          : !known.some(({ host }) => host === wide),
      );
    const exact = owners.find((each) => ownHosts(each).includes(name));
    if (exact) return { owner: exact };
    const wild = [
      ...http.flatMap((each) => this.#domainsOf(each).map((domain) => ({ domain, entry: each }))),
      ...owners.flatMap((owner) => ownHosts(owner).map((domain) => ({ domain, owner }))),
    ]
      .filter(({ domain }) => isWildcard(domain) && covers(domain, name))
      .sort((a, b) => b.domain.length - a.domain.length)[0];
    if (!wild) return undefined;
    return 'entry' in wild ? this.#withRoutes(wild.entry, port) : wild;
  }

  /** All VirtualServices with a host that stands for a service, in the order in which they count. */
  allRoutesFor(host: string, port: number): readonly RouteObject[] {
    return this.routesAt(port).filter(({ hosts }) => hosts.some((wide) => covers(wide, host)));
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
    // Short forms go by the host alone: a ServiceEntry that takes the name of a Service has them too.
    const end = host.indexOf('.svc.');
    const short = end > 0 ? host.slice(0, end) : undefined;
    const names = short === undefined ? [host] : [host, `${short}.svc`, short];
    const dot = short?.indexOf('.') ?? -1;
    if (short !== undefined && dot >= 0 && short.slice(dot + 1) === this.client.namespace)
      names.push(short.slice(0, dot));
    const headless = service.headless ? names.map((each) => `*.${each}`) : [];
    return [...names, ...headless, ...addresses];
  }
}

/** As a listener of the Sidecar speaks on the port, whatever the service says. */
function spoken(entry: RegistryEntry, port: number, protocol: string): RegistryEntry {
  const ports = entry.ports.map((each) => (each.port === port ? { ...each, ...parseProtocol(protocol) } : each));
  return { ...entry, ports };
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
