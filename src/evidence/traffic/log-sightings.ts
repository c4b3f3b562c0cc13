import type { Principal, Workload } from '../../model/inventory/types.ts';
import type { AccessLog } from '../../model/observation/access-log.ts';
import type { SeenRequest } from '../../model/observation/seen-request.ts';
import type { RequestFrom } from '../../result/request.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { findServices, targetPort } from '../../semantics/resolve-request.ts';
import { locateDestination } from './locate-destination.ts';
import { locateSource } from './locate-source.ts';
import { outcomeOfStatus, type Sightings } from './metric-sightings.ts';
import type { Sighting } from './sighting.ts';
import type { Caller, Unplaced } from './traffic-seen.ts';

/** Lines of access logs with names of the mesh. */
export function logSightings(enforcement: Enforcement, { requests, file, shadows }: AccessLog): Sightings {
  const sightings: Sighting[] = [];
  const unplaced = new Map<string, Unplaced>();
  for (const { seen, count, days, line } of requests) {
    const place = placeOf(enforcement, seen);
    if (typeof place === 'string') {
      unplaced.set(place, { file, what: place, count: count + (unplaced.get(place)?.count ?? 0) });
      continue;
    }
    const { method, path, host } = seen;
    const isHttp = seen.kind === 'envoy' && method !== undefined;
    const from = locateSource(enforcement.mesh, seen, place.isGateway ? { gateway: place.workload.id } : {});
    sightings.push({
      from: callerOf(enforcement, from),
      to: place.workload,
      ports: [place.port],
      ...(place.service === undefined ? {} : { service: place.service }),
      protocol: isHttp ? 'http' : 'tcp',
      security: securityOf(seen, from, place.isInbound),
      reporter: place.isInbound ? 'destination' : 'source',
      outcome: outcomeOf(seen),
      code: codeOf(seen),
      count,
      days,
      file,
      operation: {
        port: place.port,
        line,
        ...(isHttp && method !== undefined ? { method } : {}),
        ...(isHttp && path !== undefined ? { path } : {}),
        ...(isHttp && host !== undefined ? { host } : {}),
      },
    });
  }
  return { sightings, unplaced: [...unplaced.values()], shadows: shadows.map((shadow) => ({ ...shadow, file })) };
}

interface Place {
  readonly workload: Workload;
  readonly port: number;
  readonly service?: string;
  /** The proxy of the destination wrote the line. */
  readonly isInbound: boolean;
  readonly isGateway: boolean;
}

/** Where it went; a text says why that cannot be told. */
function placeOf(enforcement: Enforcement, seen: SeenRequest): Place | string {
  const { mesh } = enforcement;
  const to = locateDestination(enforcement, seen);
  if ('error' in to) return to.error;
  const isInbound = seen.kind === 'ztunnel' ? seen.direction !== 'outbound' : to.service === undefined;
  const named = to.workload ?? to.gateway;
  if (named !== undefined) {
    const workload = [...mesh.workloads].find(({ id }) => id === named);
    return workload
      ? { workload, port: to.port, isInbound, isGateway: to.gateway !== undefined }
      : `\`${named}\` is no workload of the input`;
  }
  const [service] = findServices(mesh, to.service ?? '');
  const port = service?.ports.find((each) => each.port === to.port);
  const [id, ...others] = service?.workloads ?? [];
  const workload = id === undefined || others.length > 0 ? undefined : mesh.workloadById.get(id);
  const own = workload && service && port && targetPort(workload, service, port);
  if (!workload || !service || own === undefined)
    return `service \`${to.service}:${to.port}\` leads to no single workload`;
  return { workload, port: own, service: service.id, isInbound, isGateway: false };
}

function callerOf({ mesh }: Enforcement, from: RequestFrom | undefined): Caller {
  if (!from) return { name: 'some mesh identity' };
  const workload = from.workload === undefined ? undefined : mesh.workloads.find(({ id }) => id === from.workload);
  const principal = (from.plaintext ? undefined : (from.principal ?? workload?.identity ?? undefined)) as
    | Principal
    | undefined;
  const nobody = from.internet
    ? 'clients from outside'
    : `somebody without an identity${from.ip === undefined ? '' : ` at ${from.ip}`}`;
  return {
    name: workload?.id ?? principal ?? nobody,
    ...(workload ? { workload } : {}),
    ...(principal === undefined ? {} : { principal }),
    ...(from.internet ? { outside: true as const } : {}),
  };
}

function securityOf(seen: SeenRequest, from: RequestFrom | undefined, isInbound: boolean): Sighting['security'] {
  if (!isInbound) return 'unknown';
  if (from?.plaintext) return 'none';
  if (seen.kind === 'ztunnel' || seen.source?.principal !== undefined) return 'mutual_tls';
  // Istio's clients name the cluster in the handshake; others may have TLS of their own.
  return seen.sni?.startsWith('outbound_') ? 'mutual_tls' : 'unknown';
}

function outcomeOf({ kind, matched, error, code = 0, details = '', flags = '' }: SeenRequest): Sighting['outcome'] {
  if (matched !== undefined || /^(jwt_authn|ext_authz)/i.test(details) || /UAEX/.test(flags)) return 'refused';
  if (kind === 'ztunnel') {
    if (error === undefined) return 'passed';
    return /policy rejection|401 Unauthorized/.test(error) ? 'refused' : 'failed';
  }
  if (code > 0) return outcomeOfStatus(code);
  return flags === '' || flags === '-' ? 'passed' : 'failed';
}

function codeOf({ kind, code = 0, flags = '-', error }: SeenRequest): string {
  if (kind === 'ztunnel') return error === undefined ? 'opened' : 'error';
  return code > 0 ? String(code) : flags === '-' ? 'opened' : flags;
}
