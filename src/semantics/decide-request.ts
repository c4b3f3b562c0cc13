import { tokenOf } from './jwt/shown-token.ts';
import type { Mesh, MeshService, ServicePort, Workload, WorkloadId } from '../model/inventory/types.ts';
import type { Request } from '../result/request.ts';
import { divertedFrom } from './ambient/onward.ts';
import { waypointOf } from './ambient/waypoint.ts';
import { decide } from './decide.ts';
import type { Enforcement } from './enforcement.ts';
import { decideExternal } from './external.ts';
import { indexGateways } from './gateway/index-gateways.ts';
import type { Land, Landing } from './outbound/landing.ts';
import type { Asked } from './outbound/depart.ts';
import { decideFromSidecar, type Sent } from './outbound/from-sidecar.ts';
import { leaveMesh } from './outbound/leave.ts';
import { addressOf } from './outbound/service-address.ts';
import { decideToEntry } from './outbound/to-entry.ts';
import type { Query, Source } from './query.ts';
import {
  findServiceEntry,
  findServicePort,
  hostOf,
  httpRequest,
  resolveRequest,
  resolveSource,
  type Unresolved,
} from './resolve-request.ts';
import type { Verdict } from './verdict.ts';

export interface DecideOptions {
  /** Trace also what missed, for a person who asks why. */
  readonly explain?: boolean;
  /** Has a last word on each query before it is decided: what a landing shows is the query as it was. */
  readonly prepare?: (query: Query) => Query;
}

/** The answer to a request as it is written in a policy test: what some place lets in gets in. */
export function decideRequest(
  enforcement: Enforcement,
  request: Request,
  options: DecideOptions = {},
): Verdict | Unresolved {
  const landings = decideLandings(enforcement, request, options);
  return 'error' in landings ? landings : mostPermissive(landings).verdict;
}

const RANK = { allow: 0, unknown: 1, deny: 2 } as const;

/** What some place lets in gets in, and where it asks for least; the first of equals. */
export function mostPermissive(landings: readonly Landing[]): Landing {
  const [found] = landings.toSorted(
    ({ verdict: a }, { verdict: b }) =>
      RANK[a.outcome] - RANK[b.outcome] || a.requires.length - b.requires.length || a.assumes.length - b.assumes.length,
  );
  if (!found) throw new Error('a resolved request lands somewhere');
  return found;
}

/**
 * Where a request goes (through the client's own proxy, if the client is an app behind a sidecar), and what is decided at each place where it may
 * land: at least one.
 */
export function decideLandings(
  enforcement: Enforcement,
  request: Request,
  { explain, prepare = (query) => query }: DecideOptions = {},
): readonly Landing[] | Unresolved {
  const { mesh } = enforcement;
  const { to } = request;
  const source = resolveSource(mesh, request.from);
  if ('error' in source) return source;
  const land: Land = (query) => ({ query, verdict: decide(enforcement, prepare(query)) });
  const sent = sentOf(request, source, explain);
  if (to.external !== undefined) return decideExternal(enforcement, request, sent, land);
  if (to.serviceEntry !== undefined && (to.at === undefined || to.at === 'network-policy'))
    return decideServiceEntry(enforcement, request, sent, land);
  const queries = resolveRequest(meshWith(enforcement, to.gateway), request);
  if (to.service !== undefined && to.at === undefined) {
    const landings = decideService(enforcement, request, sent, 'error' in queries ? [] : queries, land);
    if (landings.length > 0) return landings;
  }
  if ('error' in queries) {
    const landings = landDiverted(enforcement, withoutEndpoints(enforcement, request, sent), land);
    return landings.length > 0 ? landings : queries;
  }
  const asked = queries.map((query) => ({ ...query, ...(explain === undefined ? {} : { explain }) }));
  const firstOfEach = asked.filter(
    ({ destination }, i) =>
      asked.findIndex((other) => other.destination.via?.service === destination.via?.service) === i,
  );
  return [...asked.map(land), ...(to.at === undefined ? landDiverted(enforcement, firstOfEach, land) : [])];
}

/** Where the waypoints of services send requests other than to their endpoints. */
function landDiverted(enforcement: Enforcement, queries: readonly Query[], land: Land): readonly Landing[] {
  return queries.flatMap((query) => {
    const diverted = divertedFrom(enforcement, query);
    return [...diverted.queries.map(land), ...diverted.leaving];
  });
}

/** To a service that has no endpoints of its own: what its waypoint is asked. */
function withoutEndpoints(enforcement: Enforcement, { to, http }: Request, sent: Sent): readonly Query[] {
  if (to.service === undefined || to.at !== undefined) return [];
  const { serviceById } = enforcement.mesh;
  const home = senderOf(sent.source)?.cluster;
  const service = serviceById.get(to.service) ?? serviceById.get(`${home}:${to.service}`);
  const port = service?.ports.find((candidate) => candidate.port === to.port);
  const waypoint = service && waypointOf(enforcement, service);
  if (!service || !port || !waypoint) return [];
  const destination = { workload: waypoint, port: port.port, via: { service, port } };
  return [{ ...sent, destination, ...(http ? { http: httpRequest(http, hostOf(service)) } : {}) }];
}

/** A gateway whose pods are not in the input is no workload of the inventory, and can be asked about all the same. */
function meshWith(enforcement: Enforcement, gateway: string | undefined): Mesh {
  const { mesh } = enforcement;
  if (gateway === undefined || mesh.workloadById.has(gateway as WorkloadId)) return mesh;
  const absent = indexGateways(enforcement).proxies.find(({ workload }) => workload.id === gateway)?.workload;
  return absent ? { ...mesh, workloadById: new Map([...mesh.workloadById, [absent.id, absent]]) } : mesh;
}

/** The client, if it is an app whose sidecar decides where requests go. */
function sidecarOf({ client, source: { position, connects, identity } }: Sent): Workload | undefined {
  if (client !== 'app' || connects !== undefined || identity === null || position.kind !== 'workload') return undefined;
  return position.workload.dataPlane.kind === 'sidecar' ? position.workload : undefined;
}

function sentOf(request: Request, source: Source, explain: boolean | undefined): Sent {
  const { from, to, http, jwt, sni, tls, protocol = 'TCP' } = request;
  return {
    client: from.as ?? 'app',
    source,
    transport: protocol,
    ...(http ? { http: httpRequest(http, to.external ?? '') } : {}),
    ...(jwt ? { token: tokenOf(jwt) } : {}),
    ...(sni === undefined ? {} : { sni }),
    ...(tls ? { tls } : {}),
    ...(to.at === undefined ? {} : { at: to.at }),
    ...(explain === undefined ? {} : { explain }),
  };
}

const withHost = (sent: Sent, request: Request, host: string): Sent =>
  request.http ? { ...sent, http: httpRequest(request.http, host) } : sent;

/** Empty: nothing but the endpoints themselves decides, or there are none. */
function decideService(
  enforcement: Enforcement,
  request: Request,
  shared: Sent,
  queries: readonly Query[],
  land: Land,
): readonly Landing[] {
  const { to } = request;
  const { serviceById } = enforcement.mesh;
  const id = to.service ?? '';
  // Without a cluster it is the service that the client's own cluster has by that name.
  const home = senderOf(shared.source)?.cluster;
  const service = serviceById.get(id) ?? (home === undefined ? undefined : serviceById.get(`${home}:${id}`));
  const port = service?.ports.find((candidate) => candidate.port === to.port);
  if (!service || !port) return [];
  const sent = withHost(shared, request, hostOf(service));
  const client = sidecarOf(sent);
  const { externalName = '', type } = service;
  const isOutside = type === 'ExternalName' && queries.length === 0;
  const alias = { label: `${externalName}:${port.port}`, port: port.port };
  const direct = (source: Source): readonly Landing[] =>
    isOutside
      ? [{ verdict: leaveMesh(enforcement, senderOf(source), alias, sent.transport) }]
      : queries.map(({ destination }) => land({ ...sent, source, destination }));
  if (!client) return isOutside ? direct(sent.source) : [];
  const asked = askedOf(sent, service, port, to.ip ?? addressOf(service));
  const landings = decideFromSidecar(enforcement, { sent, client, asked, direct, land });
  // A service that is named with its cluster means the endpoints there.
  const isThere = ({ query }: Landing): boolean => query?.destination.workload.cluster === service.cluster;
  return id.includes(':') && landings.some(isThere) ? landings.filter(isThere) : landings;
}

function decideServiceEntry(
  enforcement: Enforcement,
  request: Request,
  shared: Sent,
  land: Land,
): readonly Landing[] | Unresolved {
  const { serviceEntry: id = '', port: number, ip } = request.to;
  const entry = findServiceEntry(enforcement.mesh, id);
  if ('error' in entry) return entry;
  const port = findServicePort(entry, `ServiceEntry \`${id}\``, number);
  if ('error' in port) return port;
  const sent = withHost(shared, request, hostOf(entry));
  const addressed = { entry, port, ...(ip === undefined ? {} : { ip }) };
  const direct = (source: Source): readonly Landing[] =>
    decideToEntry(enforcement, { ...sent, source }, addressed, land);
  const client = sent.at === undefined ? sidecarOf(sent) : undefined;
  const asked = askedOf(sent, entry, port, ip ?? addressOf(entry));
  const landings = client ? decideFromSidecar(enforcement, { sent, client, asked, direct, land }) : direct(sent.source);
  if (landings.length > 0) return landings;
  return {
    error: `ServiceEntry \`${id}\` leads to no workload of the input`,
    help: 'its selector matches no pod and no WorkloadEntry; name the workload itself',
  };
}

function askedOf(sent: Sent, service: MeshService, { port }: ServicePort, ip: string | undefined): Asked {
  return {
    service,
    port,
    ...(ip === undefined ? {} : { ip }),
    ...(sent.http ? { http: sent.http } : {}),
    ...(sent.sni === undefined ? {} : { sni: sent.sni }),
  };
}

function senderOf({ position }: Source): Workload | undefined {
  return position.kind === 'workload' ? position.workload : undefined;
}
