import type { MeshService, Workload } from '../../model/inventory/types.ts';
import { targetPort } from '../resolve-request.ts';
import { type Aged, isAgeUnknown } from './age.ts';
import { type GatewayObject, isHttp, isTerminatedHttps, type Server } from './server.ts';

/** Servers that share a port, an address and a protocol, so that one part of a listener serves them. */
export interface ServerGroup {
  readonly port: number;
  readonly bind: string;
  readonly servers: Server[];
}

/** A server that another one of the same port displaces. */
export interface IgnoredServer {
  readonly server: Server;
  readonly port: number;
  readonly why: string;
  /** Which of them is the older is not known. */
  readonly ageUnknown: boolean;
}

export interface MergedServers {
  readonly groups: readonly ServerGroup[];
  readonly ignored: readonly IgnoredServer[];
}

interface Port {
  /** The protocol and address of the first server, if it is not TLS. */
  plain?: { readonly protocol: string; readonly http: boolean; readonly bind: string; readonly first: Server };
  /** Addresses that have TLS servers. */
  readonly tlsBinds: Set<string>;
  /** By host as written, with its address: whose it is. */
  readonly tlsHosts: Map<string, Server>;
  readonly routeNames: Set<string>;
  readonly groups: Map<string, ServerGroup>;
}

const NO_PORT_TRANSLATION = 'experimental.istio.io/disable-gateway-port-translation';

/**
 * Combines the servers of all Gateways of one proxy, oldest Gateway first. On one port, plain HTTP servers combine and TLS servers are told
 * apart by SNI; whatever does not fit an earlier server is left out.
 *
 * Source: istio pilot/pkg/model/gateway.go (mergeGateways, resolvePorts).
 */
export function mergeServers(
  gateways: readonly GatewayObject[],
  proxy: Workload,
  services: ReadonlyMap<string, MeshService>,
): MergedServers {
  const ports = new Map<number, Port>();
  const ignored: IgnoredServer[] = [];
  for (const gateway of gateways) {
    for (const server of gateway.servers) {
      for (const number of listeningPorts(gateway, server.port, proxy, services)) {
        let port = ports.get(number);
        const isNew = !port;
        if (!port) {
          port = { tlsBinds: new Set(), tlsHosts: new Map(), routeNames: new Set(), groups: new Map() };
          ports.set(number, port);
        }
        const refused = isNew ? undefined : findConflict(port, server);
        if (refused) {
          const { by, why } = refused;
          ignored.push({ server, port: number, why, ageUnknown: isOrderUnknown(server.owner, by.owner) });
        } else add(port, number, server, isNew);
      }
    }
  }
  return { groups: [...ports.values()].flatMap(({ groups }) => [...groups.values()]), ignored };
}

const isOrderUnknown = (a: Aged, b: Aged): boolean =>
  (a.name !== b.name || a.namespace !== b.namespace) && isAgeUnknown(a, b);

/**
 * The ports that the pods listen on for a port of a Gateway. An Istio Gateway takes the first of the workload's Services that has the port,
 * and the number itself if none does; a Gateway API one names ports of its own Service only.
 */
function listeningPorts(
  gateway: GatewayObject,
  number: number,
  proxy: Workload,
  services: ReadonlyMap<string, MeshService>,
): readonly number[] {
  const targets: number[] = [];
  for (const id of proxy.services) {
    const service = services.get(id);
    if (!service || (gateway.services && !gateway.services.includes(id))) continue;
    if (!gateway.services && Object.hasOwn(service.labels, NO_PORT_TRANSLATION)) continue;
    const port = service.ports.find((candidate) => candidate.port === number && candidate.transport === 'TCP');
    const target = port && targetPort(proxy, service, port);
    if (target !== undefined) targets.push(target);
  }
  if (gateway.services) return [...new Set(targets)];
  return [targets[0] ?? number];
}

interface Conflict {
  readonly by: Server;
  readonly why: string;
}

function findConflict(port: Port, server: Server): Conflict | undefined {
  if (server.tls) {
    for (const host of server.hosts) {
      const holder = port.tlsHosts.get(`${server.bind} ${host}`);
      if (holder) return { by: holder, why: `host \`${host}\` is served by ${nameOf(holder)}` };
    }
  }
  const { plain } = port;
  if (plain) {
    if (plain.bind !== server.bind) return undefined;
    if (plain.http && isHttp(server)) return undefined;
    return { by: plain.first, why: `${nameOf(plain.first)} takes the port for ${plain.protocol.toUpperCase()}` };
  }
  const holder = [...port.groups.values()][0]?.servers[0];
  if (!holder) return undefined;
  if (hasRoutes(server) && port.routeNames.has(routeName(server))) {
    return {
      by: holder,
      why: isHttp(server)
        ? 'another server takes the port for HTTP'
        : 'another server of the Gateway has the same port name',
    };
  }
  // istiod notes an address as taken only by the second server of the port.
  if (!server.tls && port.tlsBinds.has(server.bind))
    return { by: holder, why: `${nameOf(holder)} takes the port for TLS` };
  return undefined;
}

function add(port: Port, number: number, server: Server, isNew: boolean): void {
  if (server.tls) for (const host of server.hosts) port.tlsHosts.set(`${server.bind} ${host}`, server);
  if (hasRoutes(server)) port.routeNames.add(routeName(server));
  const { protocol } = server.protocol;
  if (isNew && (!server.tls || isHttp(server))) {
    port.plain = { protocol, http: isHttp(server), bind: server.bind, first: server };
  } else if (!isNew && !port.plain) port.tlsBinds.add(server.bind);
  // Plain HTTP servers of a port are one listener, whichever HTTP protocol they name.
  const key = `${server.bind} ${port.plain && port.plain.bind === server.bind ? port.plain.protocol : protocol}`;
  const group = port.groups.get(key);
  if (group) group.servers.push(server);
  else port.groups.set(key, { port: number, bind: server.bind, servers: [server] });
}

const hasRoutes = (server: Server): boolean => isHttp(server) || isTerminatedHttps(server);

/** Plain HTTP servers of a port share their routes; every HTTPS server has its own. */
const routeName = (server: Server): string => {
  const { port, portName, gateway, bind } = server;
  return isHttp(server) ? `http.${bind}` : `https.${port}.${portName}.${gateway}.${bind}`;
};

const nameOf = ({ gateway }: Server): string => `Gateway \`${gateway}\``;
