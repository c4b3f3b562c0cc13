import { matchesLabels } from '../../model/inventory/label-selection.ts';
import type { Mesh, MeshService, Principal, Workload } from '../../model/inventory/types.ts';
import type { RequestTo } from '../../result/request.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { indexGateways } from '../../semantics/gateway/index-gateways.ts';
import { matchLabelsOf } from '../../semantics/policy-index.ts';
import { findServices, type Unresolved } from '../../semantics/resolve-request.ts';
import { hostOf, portOf, workloadAt, workloadOfPod, workloadOfProxy } from './locate-pod.ts';
import type { SeenRequest, SeenEnd } from '../../model/observation/seen-request.ts';

const TELL = 'say it with `--to ns/workload:port`, `service:ns/name:port` or `gateway:ns/name:port`';

/** Where a request that a log line tells of went, by the names of the mesh. */
export function locateDestination(enforcement: Enforcement, seen: SeenRequest): RequestTo | Unresolved {
  const { mesh } = enforcement;
  if (seen.kind === 'ztunnel') return ofZtunnel(mesh, seen.destination ?? {});
  const [direction = '', port, , host = ''] = seen.cluster?.split('|') ?? [];
  const number = Number(port);
  if (direction === 'inbound') {
    const workload = inboundWorkload(mesh, seen, number);
    return workload
      ? { workload: workload.id, port: number }
      : { error: `the line does not show whose port ${number} it is`, help: TELL };
  }
  const isOwnAnswer = seen.details !== undefined && !/^via_upstream/.test(seen.details);
  if (direction === 'outbound' && seen.matched !== undefined) return gatewayOf(enforcement, seen);
  if (direction === 'outbound' || direction === 'inbound-vip') {
    const service = serviceOf(mesh, host);
    if (service) return { service: service.id, port: number };
  }
  const named = seen.host === undefined ? undefined : serviceOf(mesh, seen.host);
  if (named) return toService(named, seen);
  if (isOwnAnswer || seen.host !== undefined) return gatewayOf(enforcement, seen);
  return { error: 'the line does not show where the request went', help: TELL };
}

function ofZtunnel(mesh: Mesh, end: SeenEnd): RequestTo | Unresolved {
  const port = portOf(end.address);
  const workload =
    workloadOfPod(mesh, end) ??
    workloadAt(mesh, hostOf(end.address)) ??
    onlyOf(mesh.identities.get((end.principal ?? '') as Principal) ?? []);
  if (workload && port !== undefined) return { workload: workload.id, port };
  const name = end.pod === undefined ? (end.service ?? end.address ?? '?') : `${end.namespace}/${end.pod}`;
  return { error: `no workload of the input has the pod \`${name}\``, help: TELL };
}

/** The pod that the proxy belongs to: by its address, by the service that was asked for, by the policy that refused. */
function inboundWorkload(mesh: Mesh, seen: SeenRequest, port: number): Workload | undefined {
  const own = workloadOfProxy(mesh, seen.proxy) ?? workloadAt(mesh, hostOf(seen.downstreamLocal));
  if (own) return own;
  const viaSni = /^outbound_\.\d+_\..*?_\.(.+)$/.exec(seen.sni ?? '')?.[1];
  const service = (viaSni && serviceOf(mesh, viaSni)) || (seen.host && serviceOf(mesh, seen.host)) || undefined;
  const has = (workload: Workload): boolean => workload.ports.some((each) => each.port === port);
  if (service) {
    const behind = mesh.workloads.filter(({ id }) => service.workloads.includes(id));
    const found = onlyOf(behind) ?? behind.find(has);
    if (found) return found;
  }
  if (seen.matched === undefined || seen.matched === 'none') return undefined;
  const { namespace, name } = seen.matched;
  const policy = mesh.resources.find('AuthorizationPolicy', namespace, name);
  return onlyOf(
    mesh.workloads.filter(
      (workload) =>
        policy !== undefined &&
        workload.namespace === namespace &&
        matchesLabels(matchLabelsOf(policy.spec), workload.labels) &&
        has(workload),
    ),
  );
}

/** A refusal on the way out is that of a gateway (or waypoint): sidecars enforce nothing there. */
function gatewayOf(enforcement: Enforcement, seen: SeenRequest): RequestTo | Unresolved {
  const { mesh } = enforcement;
  const port = portOf(seen.downstreamLocal) ?? seen.port;
  const host = seen.host?.replace(/:\d+$/, '');
  const serves = (hosts: readonly string[]): boolean =>
    host === undefined ||
    hosts.some((each) => {
      const name = each.slice(each.indexOf('/') + 1);
      return name === '*' || name === host || (name.startsWith('*.') && host.endsWith(name.slice(1)));
    });
  const found = indexGateways(enforcement).proxies.flatMap(({ workload, listeners }) =>
    listeners.flatMap((listener) => {
      const servicePorts = workload.services.flatMap((id) => mesh.serviceById.get(id)?.ports ?? []);
      const isPort =
        port === undefined ||
        listener.port === port ||
        servicePorts.some((each) => each.port === port && each.targetPort === listener.port);
      return isPort && listener.servers.some(({ hosts }) => serves(hosts)) ? [{ workload, port: listener.port }] : [];
    }),
  );
  const only = onlyOf(found);
  if (only) return { gateway: only.workload.id, port: only.port };
  const what = host === undefined ? 'the line does not show a host' : `nothing in the input is called \`${host}\``;
  if (found.length === 0) return { error: what, help: TELL };
  const names = found.map(({ workload, port: each }) => `gateway:${workload.id}:${each}`);
  return { error: 'more than one gateway listener fits', help: `say which: \`--to ${names.join('`, `--to ')}\`` };
}

function toService({ id, namespace, name, ports }: MeshService, seen: SeenRequest): RequestTo | Unresolved {
  const wanted = Number(/:(\d+)$/.exec(seen.host ?? '')?.[1] ?? seen.port ?? 80);
  const port = ports.find((each) => each.port === wanted) ?? onlyOf(ports);
  // By its name it is that of all clusters.
  if (port) return { service: `${namespace}/${name}`, port: port.port };
  const list = ports.map((each) => each.port).join(', ');
  return { error: `service \`${id}\` has no port ${wanted}`, help: `its ports: ${list || 'none'}` };
}

/** `name.namespace`, with or without what follows; a bare name where only one service has it. */
function serviceOf(mesh: Mesh, host: string): MeshService | undefined {
  const [name = '', namespace, kind] = host.replace(/:\d+$/, '').split('.');
  if (namespace === undefined) return onlyOf(mesh.services.filter((each) => each.name === name));
  return kind === undefined || kind === 'svc' ? findServices(mesh, `${namespace}/${name}`)[0] : undefined;
}

const onlyOf = <T>(items: readonly T[]): T | undefined => (items.length === 1 ? items[0] : undefined);
