import type { MeshService, ServicePort, Workload } from '../../model/inventory/types.ts';
import { symbolicOf } from '../../semantics/algebra/symbolic.ts';
import { waypointOf, waypointPolicies } from '../../semantics/ambient/waypoint.ts';
import type { Enforcement, EnvoyPolicies } from '../../semantics/enforcement.ts';
import { entryServices, isEntryService } from '../../semantics/outbound/entry-service.ts';
import { addressOf } from '../../semantics/outbound/service-address.ts';
import { changesOn } from '../../semantics/patches/filters-left.ts';
import { compareSets, joined, type PortComparison, type WayComparison } from './compare-port.ts';
import type { LoadedChain } from './read-chains.ts';

/** `inbound-vip|80|http|api.shop.svc.cluster.local`. Source: istio pilot/pkg/networking/core/listener_waypoint.go. */
const OF_SERVICE = /^inbound-vip\|(\d+)\|(http|tcp)\|([^|]+)$/;
/** What is addressed to pods. */
const DIRECT: Readonly<Record<string, 'http' | 'tcp'>> = { 'direct-http': 'http', 'direct-tcp': 'tcp' };

/**
 * What a waypoint holds for each service that it stands in front of, and for pods, beside what the configuration comes to: policies and JWT rules by
 * meaning. It sees the service's port and address, the caller's identity, and no direct peer (reference §4.3).
 */
export function compareWaypoint(
  enforcement: Enforcement,
  waypoint: Workload,
  chains: readonly LoadedChain[],
): Omit<PortComparison, 'mtls' | 'port'> {
  const services = servedBy(enforcement, waypoint);
  const byHost = new Map(services.flatMap((service) => hostsOf(service).map((host) => [host, service] as const)));
  const compared: WayComparison[] = [];
  const open: string[] = [];
  const seen = new Set<string>();
  for (const chain of chains) {
    const [, number = '', , host = ''] = OF_SERVICE.exec(chain.name) ?? [];
    const service = byHost.get(host.replace(/\.svc\..*$/, '.svc'));
    const port = service?.ports.find((each) => each.port === Number(number));
    if (service && port) {
      seen.add(`${service.id} ${port.port} ${chain.type}`);
      compared.push(compareChain(enforcement, waypoint, chain, { service, port }));
    } else if (DIRECT[chain.name] === chain.type) {
      compared.push(compareChain(enforcement, waypoint, chain, undefined));
    } else if (host !== '')
      open.push(`what it holds for ${host} is not compared: the input does not lead that through it`);
  }
  for (const { id, ports } of services)
    for (const { port, chain, transport } of ports)
      for (const type of chain === 'auto' ? (['http', 'tcp'] as const) : [chain])
        if (transport === 'TCP' && !seen.has(`${id} ${port} ${type}`)) open.push(`it holds no chain for ${id}:${port}`);
  const all = joined(compared);
  return { ...all, open: [...new Set([...all.open, ...open])].sort() };
}

/** The policies that the configuration attaches to a waypoint, whatever they target. */
export const policiesAtWaypoint = (enforcement: Enforcement, waypoint: Workload): EnvoyPolicies['authorization'] => [
  ...new Set(
    [undefined, ...servedBy(enforcement, waypoint)].flatMap(
      (service) => policiesFor(enforcement, waypoint, service).authorization,
    ),
  ),
];

function servedBy(enforcement: Enforcement, waypoint: Workload): readonly MeshService[] {
  const { mesh } = enforcement;
  return [...mesh.services, ...entryServices(mesh).all].filter((each) => waypointOf(enforcement, each) === waypoint);
}

/** Without the domain of the cluster. */
const hostsOf = (service: MeshService): readonly string[] =>
  isEntryService(service) ? service.hosts : [`${service.name}.${service.namespace}.svc`];

type Via = { readonly service: MeshService; readonly port: ServicePort } | undefined;

const policiesFor = (enforcement: Enforcement, waypoint: Workload, service: MeshService | undefined): EnvoyPolicies => {
  const port = service?.ports[0];
  const via = service && port ? { via: { service, port } } : {};
  return waypointPolicies(enforcement, { destination: { workload: waypoint, port: 0, ...via } }, waypoint);
};

function compareChain(enforcement: Enforcement, waypoint: Workload, chain: LoadedChain, via: Via): WayComparison {
  const symbolic = symbolicOf(enforcement);
  const { mesh } = enforcement;
  const config = enforcement.configOf(waypoint);
  const bundle = enforcement.bundleOf(config);
  const policies = policiesFor(enforcement, waypoint, via?.service);
  const [first] = via?.service.workloads ?? [];
  const behind = (first === undefined ? undefined : mesh.workloadById.get(first)) ?? waypoint;
  const port = via?.port.port ?? 0;
  const point = {
    bundle,
    port,
    identified: true,
    tunnelled: true as const,
    destinationIp: via && addressOf(via.service),
  };
  const changes = enforcement.changesAt(waypoint, via?.service);
  return compareSets(chain, {
    point: { pool: symbolic.pool, ...point },
    policies,
    readings: symbolic.proxy(policies, chain.type, changesOn(changes, chain.type, port), point),
    solver: symbolic.solver(bundle, config),
    region: {
      transport: 'mtls',
      protocol: chain.type,
      destination: { workload: behind, port: behind.ports[0]?.port ?? port, ...(via ? { via } : {}) },
    },
  });
}
