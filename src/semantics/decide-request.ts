import type { MeshService, ServicePort, Workload } from '../model/inventory/types.ts';
import type { Request } from '../result/request.ts';
import { decide } from './decide.ts';
import type { Enforcement } from './enforcement.ts';
import { decideExternal } from './external.ts';
import { mostPermissive } from './outbound/combine.ts';
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
}

/**
 * The answer to a request as it is written in a policy test: where it goes (through the client's own proxy, if the client is an app behind
 * a sidecar), and what is decided at each place where it may land. What some place lets in gets in.
 */
export function decideRequest(
  enforcement: Enforcement,
  request: Request,
  options: DecideOptions = {},
): Verdict | Unresolved {
  const { mesh } = enforcement;
  const { to } = request;
  const source = resolveSource(mesh, request.from);
  if ('error' in source) return source;
  const sent = sentOf(request, source, options);
  if (to.external !== undefined) return decideExternal(enforcement, request, sent);
  if (to.serviceEntry !== undefined && (to.at === undefined || to.at === 'network-policy'))
    return decideServiceEntry(enforcement, request, sent);
  const queries = resolveRequest(mesh, request);
  if (to.service !== undefined && to.at === undefined) {
    const decided = decideService(enforcement, request, sent, 'error' in queries ? [] : queries);
    if (decided) return decided;
  }
  if ('error' in queries) return queries;
  return mostPermissive(queries.map((query) => decide(enforcement, { ...query, ...options })));
}

/** The client, if it is an app whose sidecar decides where requests go. */
function sidecarOf({ client, source: { position, connects, identity } }: Sent): Workload | undefined {
  if (client !== 'app' || connects !== undefined || identity === null || position.kind !== 'workload') return undefined;
  return position.workload.dataPlane.kind === 'sidecar' ? position.workload : undefined;
}

function sentOf(request: Request, source: Source, options: DecideOptions): Sent {
  const { from, to, http, jwt, sni, tls, protocol = 'TCP' } = request;
  return {
    client: from.as ?? 'app',
    source,
    transport: protocol,
    ...(http ? { http: httpRequest(http, to.external ?? '') } : {}),
    ...(jwt ? { token: { claims: jwt.payload, valid: jwt.valid ?? true } } : {}),
    ...(sni === undefined ? {} : { sni }),
    ...(tls ? { tls } : {}),
    ...(to.at === undefined ? {} : { at: to.at }),
    ...options,
  };
}

const withHost = (sent: Sent, request: Request, host: string): Sent =>
  request.http ? { ...sent, http: httpRequest(request.http, host) } : sent;

/** Undefined: nothing but the endpoints themselves decides, or there are none. */
function decideService(
  enforcement: Enforcement,
  request: Request,
  shared: Sent,
  queries: readonly Query[],
): Verdict | undefined {
  const { to } = request;
  const service = enforcement.mesh.serviceById.get(to.service ?? '');
  const port = service?.ports.find((candidate) => candidate.port === to.port);
  if (!service || !port) return undefined;
  const sent = withHost(shared, request, hostOf(service));
  const client = sidecarOf(sent);
  const { externalName = '', type } = service;
  const direct = (source: Source): Verdict | undefined => {
    if (type === 'ExternalName')
      return leaveMesh(
        enforcement,
        senderOf(source),
        { label: `${externalName}:${port.port}`, port: port.port },
        sent.transport,
      );
    const verdicts = queries.map((query) => decide(enforcement, { ...query, ...optionsOf(sent), source }));
    return verdicts.length > 0 ? mostPermissive(verdicts) : undefined;
  };
  if (!client) return type === 'ExternalName' ? direct(sent.source) : undefined;
  return decideFromSidecar(enforcement, {
    sent,
    client,
    direct,
    asked: askedOf(sent, service, port, to.ip ?? addressOf(service)),
  });
}

function decideServiceEntry(enforcement: Enforcement, request: Request, shared: Sent): Verdict | Unresolved {
  const { mesh } = enforcement;
  const { serviceEntry: id = '', port: number, ip } = request.to;
  const entry = findServiceEntry(mesh, id);
  if ('error' in entry) return entry;
  const port = findServicePort(entry, `ServiceEntry \`${id}\``, number);
  if ('error' in port) return port;
  const sent = withHost(shared, request, hostOf(entry));
  const addressed = { entry, port, ...(ip === undefined ? {} : { ip }) };
  const direct = (source: Source): Verdict | undefined => decideToEntry(enforcement, sent, source, addressed);
  const client = sent.at === undefined ? sidecarOf(sent) : undefined;
  const decided = client
    ? decideFromSidecar(enforcement, {
        sent,
        client,
        direct,
        asked: askedOf(sent, entry, port, ip ?? addressOf(entry)),
      })
    : direct(sent.source);
  return (
    decided ?? {
      error: `ServiceEntry \`${id}\` leads to no workload of the input`,
      help: 'its selector matches no pod and no WorkloadEntry; name the workload itself',
    }
  );
}

const optionsOf = ({ explain }: Sent): DecideOptions => (explain === undefined ? {} : { explain });

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
