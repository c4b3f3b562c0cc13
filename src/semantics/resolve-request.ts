import { tokenOf } from './jwt/shown-token.ts';
import {
  type Mesh,
  type MeshService,
  type Principal,
  principal,
  type ServicePort,
  type Workload,
  type WorkloadId,
} from '../model/inventory/types.ts';
import type { HttpAttributes, Request, RequestFrom, RequestTo } from '../result/request.ts';
import { suggest } from '../util/suggest.ts';
import type { HttpRequest, Position } from './attempt.ts';
import { type ServiceClient, servicesSeenBy } from './clusters.ts';
import { serviceHost } from './gateway/host-name.ts';
import { type EntryService, entryEndpoints, entryServices, isEntryService } from './outbound/entry-service.ts';
import type { Destination, Query, Source } from './query.ts';

/** A request that names something the mesh does not have, or that makes no sense. */
export interface Unresolved {
  readonly error: string;
  readonly help: string;
}

/**
 * Turns the names of a PolicyTest request into objects of the mesh. One query per endpoint: a service may lead to several workloads, and a
 * request may land at any of them.
 */
export function resolveRequest(mesh: Mesh, request: Request): readonly Query[] | Unresolved {
  const source = resolveSource(mesh, request.from);
  if ('error' in source) return source;
  const destinations = resolveDestinations(mesh, request.to, clientOf(source, request.from));
  if ('error' in destinations) return destinations;
  return destinations.map((destination) => ({
    client: request.from.as ?? 'app',
    source,
    destination,
    transport: request.protocol ?? 'TCP',
    ...(request.http ? { http: httpRequest(request.http, hostOfDestination(destination)) } : {}),
    ...(request.jwt ? { token: tokenOf(request.jwt) } : {}),
    ...(request.sni === undefined ? {} : { sni: request.sni }),
    ...(request.tls ? { tls: request.tls } : {}),
    ...(request.to.at === undefined ? {} : { at: request.to.at }),
  }));
}

/** Who sends, by the names of the mesh. */
export function resolveSource(mesh: Mesh, from: RequestFrom): Source | Unresolved {
  const addresses = { ...(from.ip ? { ip: from.ip } : {}), ...(from.remoteIp ? { remoteIp: from.remoteIp } : {}) };
  if (from.workload !== undefined) {
    const workload = findWorkload(mesh, from.workload, from.cluster);
    if ('error' in workload) return workload;
    const { container } = from;
    const names = workload.containers.map(({ name }) => name);
    if (container !== undefined && !names.includes(container)) {
      const near = suggest(container, names);
      return {
        error: `workload \`${workload.id}\` has no container \`${container}\``,
        help: near ? `did you mean \`${near}\`?` : `its containers: ${names.join(', ')}`,
      };
    }
    const ip = from.ip ?? (workload.addresses.length === 1 ? workload.addresses[0] : undefined);
    return {
      position: { kind: 'workload', workload },
      identity: from.plaintext ? null : workload.identity,
      ...(from.plaintext ? { connects: 'plaintext' } : {}),
      ...(container === undefined ? {} : { container }),
      ...(ip ? { ip } : {}),
      ...(from.remoteIp ? { remoteIp: from.remoteIp } : {}),
    };
  }
  if (from.container !== undefined)
    return { error: '`container` says which one of a workload sends', help: 'give `workload` too, or leave it out' };
  if (from.internet) return { position: { kind: 'internet' }, identity: null, connects: 'plaintext', ...addresses };
  if (from.principal !== undefined || from.namespace !== undefined) {
    const { config } = mesh.clusterByName.get(from.cluster ?? '') ?? mesh;
    const trustDomain = from.trustDomain ?? config.trustDomain.value;
    const identity =
      from.principal === undefined
        ? principal(trustDomain, from.namespace ?? '', from.serviceAccount ?? 'default')
        : (from.principal.replace(/^spiffe:\/\//, '') as Principal);
    return from.plaintext
      ? { position: { kind: 'unstated' }, identity: null, connects: 'plaintext', ...addresses }
      : { position: { kind: 'unstated' }, identity, connects: 'mtls', ...addresses };
  }
  if (from.position) return { position: PLACES[from.position], identity: null, connects: 'plaintext', ...addresses };
  if (from.plaintext) return { position: { kind: 'unstated' }, identity: null, connects: 'plaintext', ...addresses };
  if (from.ip !== undefined)
    return { position: { kind: 'internet' }, identity: null, connects: 'plaintext', ...addresses };
  return {
    error: 'the request does not say who sends it',
    help: 'give `from` a workload, principal, namespace, internet, position, plaintext or ip',
  };
}

/** The API server runs on the nodes of the control plane, and workloads do not. */
const PLACES: Readonly<Record<NonNullable<RequestFrom['position']>, Position>> = {
  'pod-outside-mesh': { kind: 'pod-outside-mesh' },
  node: { kind: 'node-network', sameNode: true },
  apiserver: { kind: 'node-network', sameNode: false },
};

/** The cluster that the client is in, and how it resolves services; undefined: not stated. */
function clientOf({ position }: Source, { cluster }: RequestFrom): ServiceClient | undefined {
  if (position.kind === 'workload') {
    const { workload } = position;
    return { cluster: workload.cluster, isAmbient: workload.dataPlane.kind === 'ambient' };
  }
  return cluster === undefined ? undefined : { cluster, isAmbient: false };
}

function resolveDestinations(
  mesh: Mesh,
  to: RequestTo,
  client: ServiceClient | undefined,
): readonly Destination[] | Unresolved {
  const ip = to.ip ? { ip: to.ip } : {};
  const named = to.workload ?? to.gateway;
  if (named !== undefined) {
    const workload = findWorkload(mesh, named);
    return 'error' in workload ? workload : [{ workload, port: to.port, ...ip }];
  }
  if (to.service !== undefined) return throughServices(mesh, to.service, to, { ip, client });
  if (to.serviceEntry !== undefined) return throughServiceEntry(mesh, to.serviceEntry, to, ip);
  return {
    error: 'the request does not say where it goes',
    help: 'give `to` a workload, service or gateway, and a port',
  };
}

interface Through {
  readonly ip: { readonly ip?: string };
  readonly client: ServiceClient | undefined;
}

/** The endpoints of a service in every cluster that has it, as the client sees it. Reference §15.7. */
function throughServices(
  mesh: Mesh,
  id: string,
  { port: number, at }: Pick<RequestTo, 'port' | 'at'>,
  { ip, client }: Through,
): readonly Destination[] | Unresolved {
  const services = findServices(mesh, id, client).map((service) => aliasOf(mesh, service) ?? service);
  const [first] = services;
  if (!first) return unknownName('service', id, mesh.serviceById.keys());
  const withPort = services.flatMap((service) => {
    const port = service.ports.find((candidate) => candidate.port === number);
    return port ? [{ service, port }] : [];
  });
  const [via] = withPort;
  if (!via) {
    const missing = findServicePort(first, `service \`${id}\``, number);
    return 'error' in missing ? missing : [];
  }
  const destinations = withPort.flatMap(({ service, port }) =>
    service.workloads.flatMap((workloadId): Destination[] => {
      const workload = mesh.workloadById.get(workloadId);
      const target = workload && targetPort(workload, service, port);
      return workload && target !== undefined ? [{ workload, port: target, via: { service, port }, ...ip }] : [];
    }),
  );
  if (destinations.length > 0) return destinations;
  return (
    (at === 'waypoint' && standIn(mesh, via, ip)) || {
      error: `service \`${id}\` leads to no workload of the input`,
      help: 'its selector matches no pod; name the workload itself',
    }
  );
}

/** The Service that one of type ExternalName stands for, if it is one of the mesh. */
function aliasOf(mesh: Mesh, { type, externalName, cluster }: MeshService): MeshService | undefined {
  if (type !== 'ExternalName' || externalName === undefined) return undefined;
  const host = externalName.toLowerCase().replace(/\.$/, '');
  return mesh.services.find((each) => each.cluster === cluster && serviceHost(each.name, each.namespace) === host);
}

/** Endpoints of a ServiceEntry that are workloads of the input. What lies outside is decided by `decideRequest`. */
function throughServiceEntry(
  mesh: Mesh,
  id: string,
  { port: number, at }: Pick<RequestTo, 'port' | 'at'>,
  ip: { ip?: string },
): readonly Destination[] | Unresolved {
  const entry = findServiceEntry(mesh, id);
  if ('error' in entry) return entry;
  const port = findServicePort(entry, `ServiceEntry \`${id}\``, number);
  if ('error' in port) return port;
  const destinations = entryEndpoints(mesh, entry, number).flatMap((endpoint): readonly Destination[] =>
    endpoint.kind === 'workload'
      ? [{ workload: endpoint.workload, port: endpoint.port, via: { service: entry, port }, ...ip }]
      : [],
  );
  if (destinations.length > 0) return destinations;
  return (
    (at === 'waypoint' && standIn(mesh, { service: entry, port }, ip)) || {
      error: `ServiceEntry \`${id}\` leads to no workload of the input`,
      help: 'only a waypoint can be asked alone, with `at: waypoint`',
    }
  );
}

export function findServiceEntry(mesh: Mesh, id: string): EntryService | Unresolved {
  const { byName } = entryServices(mesh);
  return byName.get(id) ?? unknownName('ServiceEntry', id, byName.keys());
}

export function findServicePort(service: MeshService, name: string, number: number): ServicePort | Unresolved {
  const port = service.ports.find((candidate) => candidate.port === number);
  if (port) return port;
  const known = service.ports.map((candidate) => candidate.port).join(', ') || 'none';
  return { error: `${name} has no port ${number}`, help: `its ports: ${known}` };
}

/** A waypoint decides by the service alone, so that any waypoint may stand where endpoints are missing. */
function standIn(
  mesh: Mesh,
  via: NonNullable<Destination['via']>,
  ip: { ip?: string },
): readonly Destination[] | undefined {
  const workload = mesh.workloads.find(({ gateway }) => gateway?.kind === 'waypoint');
  return workload && [{ workload, port: via.port.port, via, ...ip }];
}

/** By `cluster:ns/name` the one of that cluster, by `ns/name` those of all clusters that are one service to the client. */
export function findServices(mesh: Mesh, id: string, client?: ServiceClient): readonly MeshService[] {
  const exact = mesh.serviceById.get(id);
  if (exact || id.includes(':')) return exact ? [exact] : [];
  const all = mesh.clusters.flatMap((cluster) => mesh.serviceById.get(`${cluster}:${id}`) ?? []);
  return client ? servicesSeenBy(mesh, all, client) : all;
}

/** The workload's own port behind a service port. */
export function targetPort(workload: Workload, service: MeshService, port: ServicePort): number | undefined {
  const behind = workload.ports.find((own) =>
    own.services.some((entry) => entry.service === service.id && entry.port === port.port),
  );
  if (behind) return behind.port;
  return typeof port.targetPort === 'number' ? port.targetPort : undefined;
}

function findWorkload(mesh: Mesh, name: string, cluster = ''): Workload | Unresolved {
  const id = (cluster && !name.includes(':') ? `${cluster}:${name}` : name) as WorkloadId;
  const found = mesh.workloadById.get(id);
  if (found) return found;
  const elsewhere = id.includes(':')
    ? []
    : mesh.clusters.flatMap((each) => mesh.workloadById.get(`${each}:${name}` as WorkloadId) ?? []);
  const [only] = elsewhere;
  if (!only) return unknownName('workload', name, mesh.workloadById.keys());
  if (elsewhere.length === 1) return only;
  const names = elsewhere.map((each) => `\`${each.id}\``).join(', ');
  return { error: `workload \`${name}\` is in several clusters`, help: `name one of ${names}` };
}

function unknownName(what: string, name: string, known: Iterable<string>): Unresolved {
  const near = suggest(name, known);
  return {
    error: `there is no ${what} \`${name}\` in the input`,
    help: near ? `did you mean \`${near}\`?` : `names have the form namespace/name`,
  };
}

/** `host` where the request names none. */
export function httpRequest(http: HttpAttributes, host: string): HttpRequest {
  const { headers = [] } = http;
  // White space around a field value is no part of it (RFC 9110 §5.5).
  const list = (isPairs(headers) ? headers : Object.entries(headers)).map(
    ([name, value]) => [name, value.trim()] as const,
  );
  return { method: http.method, path: http.path, host: http.host ?? host, headers: list };
}

const hostOfDestination = ({ workload, via }: Destination): string =>
  via ? hostOf(via.service) : `${workload.name}.${workload.namespace}`;

/** The name by which clients call a service; one of those that a wildcard stands for. */
export function hostOf(service: MeshService): string {
  const [first] = isEntryService(service) ? service.hosts : [];
  return first?.replace(/^\*/, 'any') ?? serviceHost(service.name, service.namespace);
}

function isPairs(headers: NonNullable<HttpAttributes['headers']>): headers is readonly (readonly [string, string])[] {
  return Array.isArray(headers);
}
