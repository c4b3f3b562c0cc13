import { isRouter } from '../../model/inventory/is-router.ts';
import type { MeshService, Workload, WorkloadId } from '../../model/inventory/types.ts';
import type { RequestTo } from '../../result/request.ts';
import { PROXY_PORTS } from '../../semantics/capture.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { indexGateways } from '../../semantics/gateway/index-gateways.ts';
import { findServices, type Unresolved } from '../../semantics/resolve-request.ts';
import { suggest } from '../../util/suggest.ts';
import { portList, unknownName } from './name-in-mesh.ts';

/** Where a request goes, and what is known of that port. */
export interface Target {
  readonly to: RequestTo;
  readonly chain: 'http' | 'tcp' | 'auto';
  readonly protocol: string;
  /** At a gateway: whether the port speaks TLS other than that of the mesh, and the hosts that it serves by name. */
  readonly isTls: boolean;
  readonly hosts: readonly string[];
  readonly workload?: Workload;
}

const FORMS =
  'give ns/workload:port, service:ns/name:port, gateway:ns/name:port, serviceentry:ns/name:port or external:IP:port';

/** `--to`: where to. */
export function readTarget(enforcement: Enforcement, text: string, anyPort: boolean): Target | Unresolved {
  const [, kind = 'workload', rest = ''] =
    /^(?:(service|gateway|serviceentry|external|workload):)?(.+)$/s.exec(text) ?? [];
  const [, name = rest, digits] = /^(.+):(\d+)$/s.exec(rest) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && (port < 1 || port > 65535))
    return { error: `\`${digits}\` is no port`, help: 'ports go from 1 to 65535' };
  switch (kind) {
    case 'service':
      return toService(enforcement, name, port);
    case 'gateway':
      return toGateway(enforcement, name, port);
    case 'serviceentry':
      return port === undefined
        ? { error: `\`${text}\` says no port`, help: FORMS }
        : plain({ serviceEntry: name, port });
    case 'external':
      return port === undefined ? { error: `\`${text}\` says no port`, help: FORMS } : plain({ external: name, port });
    default:
      return toWorkload(enforcement, name, port, anyPort);
  }
}

const plain = (to: RequestTo): Target => ({ to, chain: 'auto', protocol: 'auto', isTls: false, hosts: [] });

function toWorkload(
  enforcement: Enforcement,
  name: string,
  wanted: number | undefined,
  anyPort: boolean,
): Target | Unresolved {
  const { mesh } = enforcement;
  const workload = mesh.workloadById.get(name as WorkloadId);
  if (!workload) {
    const gateway = findGateway(enforcement, name);
    if (gateway) return toGateway(enforcement, name, wanted);
    if (mesh.serviceById.has(name))
      return {
        error: `there is no workload \`${name}\` in the input`,
        help: `there is a service of that name: \`--to service:${name}:${wanted ?? 'PORT'}\``,
      };
    return unknownName('workload', name, [...mesh.workloadById.keys()]);
  }
  if (isRouter(workload)) return toGateway(enforcement, name, wanted);
  const port = wanted ?? onlyOf(workload.ports.map((each) => each.port));
  if (port === undefined)
    return { error: `\`${name}\` says no port`, help: `ports of \`${name}\`: ${portList(workload.ports)}` };
  const declared = workload.ports.find((each) => each.port === port);
  if (!declared && !anyPort && !PROXY_PORTS.includes(port)) return unknownPort(enforcement, workload, port);
  return {
    to: { workload: workload.id, port },
    chain: declared?.chain ?? 'auto',
    protocol: declared?.protocol ?? 'auto',
    isTls: false,
    hosts: [],
    workload,
  };
}

function unknownPort({ mesh }: Enforcement, workload: Workload, port: number): Unresolved {
  const error = `workload \`${workload.id}\` has no port ${port}`;
  const service = workload.services
    .map((id) => mesh.serviceById.get(id))
    .find((each) => each?.ports.some((candidate) => candidate.port === port));
  if (service)
    return {
      error,
      help: `service \`${service.id}\` has it: did you mean \`--to service:${service.id}:${port}\`? its own ports: ${portList(workload.ports)}`,
    };
  const near = suggest(
    String(port),
    workload.ports.map((each) => String(each.port)),
  );
  const ports = `its ports: ${portList(workload.ports)}`;
  const asking = '`--any-port` asks for a port that nothing declares';
  return { error, help: near ? `did you mean ${near}? ${ports}; ${asking}` : `${ports}; ${asking}` };
}

function toService({ mesh }: Enforcement, name: string, wanted: number | undefined): Target | Unresolved {
  const services = findServices(mesh, name);
  const [service] = services;
  if (!service) {
    if (mesh.workloadById.has(name as WorkloadId))
      return {
        error: `there is no service \`${name}\` in the input`,
        help: `there is a workload of that name: \`--to ${name}:PORT\` with the pods' own port`,
      };
    return unknownName('service', name, [...mesh.serviceById.keys()]);
  }
  const number = wanted ?? onlyOf(service.ports.map((each) => each.port));
  if (number === undefined)
    return {
      error: `\`service:${name}\` says no port`,
      help: `ports of service \`${name}\`: ${portList(service.ports)}`,
    };
  const port = services.flatMap(({ ports }) => ports).find((each) => each.port === number);
  if (!port) return unknownServicePort(service, number);
  return {
    to: { service: services.length > 1 ? name : service.id, port: number },
    chain: port.chain,
    protocol: port.protocol,
    isTls: false,
    hosts: [],
  };
}

function unknownServicePort({ id, ports }: MeshService, number: number): Unresolved {
  const behind = ports.find(({ targetPort }) => targetPort === number);
  const near =
    behind?.port ??
    suggest(
      String(number),
      ports.map(({ port }) => String(port)),
    );
  const list = `its ports: ${portList(ports)}`;
  return {
    error: `service \`${id}\` has no port ${number}`,
    help: near === undefined ? list : `did you mean \`service:${id}:${near}\`? ${list}`,
  };
}

/** A gateway listens on the ports of its pods; whoever gives that of its Service means the one behind it. */
function toGateway(enforcement: Enforcement, name: string, wanted: number | undefined): Target | Unresolved {
  const { mesh } = enforcement;
  const gateway = findGateway(enforcement, name);
  if (!gateway) {
    const known = indexGateways(enforcement).proxies.map(({ workload }) => workload.id);
    return unknownName('gateway', name, known);
  }
  const { workload, listeners } = gateway;
  const listening = [...new Set(listeners.map(({ port }) => port))];
  const behind = workload.services
    .flatMap((id) => mesh.serviceById.get(id)?.ports ?? [])
    .find((each) => each.port === wanted)?.targetPort;
  const port =
    wanted === undefined
      ? onlyOf(listening)
      : !listening.includes(wanted) && typeof behind === 'number'
        ? behind
        : wanted;
  if (port === undefined)
    return {
      error: `\`${name}\` says no port`,
      help: `gateway \`${name}\` listens on ${listening.join(', ') || 'no port'}`,
    };
  const own = listeners.filter((each) => each.port === port);
  if (own.length === 0 && !PROXY_PORTS.includes(port))
    return {
      error: `gateway \`${name}\` does not listen on port ${port}`,
      help: `it listens on ${listening.join(', ') || 'no port: no Gateway with a route selects it'}`,
    };
  const servers = own.flatMap((each) => each.servers);
  const hosts = servers
    .flatMap((each) => each.hosts.map((host) => host.slice(host.indexOf('/') + 1)))
    .filter((host) => !host.includes('*'));
  const protocol = workload.ports.find((each) => each.port === port)?.protocol ?? 'auto';
  return {
    to: { gateway: workload.id, port },
    chain: own.some(({ chains }) => chains.all.some(({ kind }) => kind === 'http'))
      ? 'http'
      : own.length > 0
        ? 'tcp'
        : 'auto',
    protocol,
    isTls: servers.some(({ tls }) => tls !== null && tls.mode !== 'ISTIO_MUTUAL'),
    hosts: [...new Set(hosts)].sort(),
    workload,
  };
}

function findGateway(enforcement: Enforcement, name: string) {
  return indexGateways(enforcement).proxies.find(({ workload }) => workload.id === name);
}

const onlyOf = (numbers: readonly number[]): number | undefined => (numbers.length === 1 ? numbers[0] : undefined);
