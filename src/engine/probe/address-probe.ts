import { isSensitiveName } from '../../collect/redact/sensitive.ts';
import type { Mesh, MeshService, Workload, WorkloadId } from '../../model/inventory/types.ts';
import type { HttpAttributes, Request } from '../../result/request.ts';
import { findServices, hostOf } from '../../semantics/resolve-request.ts';
import { hasPods } from './pod-names.ts';
import type { Probe, ProbeHttp } from './probe.ts';
import type { SecretNames } from './secret-names.ts';

/** A request as a pod sends it. */
export interface Address extends Pick<Probe, 'source' | 'authority' | 'http' | 'request'> {
  /** `request` with all that it says, for the model alone. */
  readonly asked: Request;
}

/** What changes nothing by its definition (RFC 9110 §9.2.1). */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Who sends it and where to; or in words why no pod can send it as the case means it. */
export function addressProbe(
  mesh: Mesh,
  request: Request,
  unsafeMethods: boolean,
  secrets: SecretNames,
): Address | string {
  const { from, to, http, jwt } = request;
  if (from.workload === undefined) return 'its sender is no workload: there is no pod to send it from';
  if (from.as === 'attacker') return 'it is sent past the pod’s own proxy (`as: attacker`)';
  if (from.ip !== undefined || from.remoteIp !== undefined) return 'it states the address of the sender';
  if (to.at !== undefined) return 'it asks one enforcement point alone (`at`)';
  if (to.ip !== undefined) return 'it states the address of the destination';
  if (request.sni !== undefined || request.tls !== undefined) return 'it states a TLS handshake of the client';
  if (request.protocol !== undefined && request.protocol !== 'TCP') return `it is ${request.protocol}`;
  const source = findSource(mesh, from.workload, from.cluster);
  if (typeof source === 'string') return source;
  if (from.container !== undefined && source.containers.some(({ name, init }) => init && name === from.container))
    return `\`${from.container}\` is an init container: nothing can be run in it`;
  const service = findService(mesh, request);
  if (typeof service === 'string') return service;
  const through: Request = { ...request, to: { service: service.id, port: service.port } };
  const base = { source, authority: `${service.host}:${service.port}` };
  if (!http) {
    if (jwt) return 'it has a token and is not HTTP';
    return { ...base, request: through, asked: through };
  }
  const method = http.method.toUpperCase();
  if (!SAFE.has(method) && !unsafeMethods)
    return `${method} may change something: send it with --unsafe-methods, where that does no harm`;
  const { kept, headers, hidden } = splitHeaders(http, secrets);
  const place = jwt?.in;
  if (place && place.header === undefined) return 'its token is in the query or in a cookie, where no secret is put';
  const { header: name, prefix = '' } = place ?? { header: 'authorization', prefix: 'Bearer ' };
  const token =
    jwt === undefined
      ? []
      : jwt.valid === false
        ? undefined
        : [{ name: name ?? '', prefix, variable: secrets.token(jwt.payload) }];
  const sent: ProbeHttp = {
    method,
    path: http.path,
    headers: [
      ...(http.host === undefined ? [] : [['host', http.host] as const]),
      ...headers,
      ...(token === undefined ? [[name ?? '', `${prefix}not.a.token`] as const] : []),
    ],
    secrets: [...hidden, ...(token ?? [])],
  };
  const unsaid = [...sent.headers.flat(), method, http.path].some((text) => /[\r\n\0]/.test(text));
  if (unsaid) return 'it holds line breaks: no client sends them';
  return {
    ...base,
    request: { ...through, http: kept.length === 0 ? http : { ...http, headers: kept } },
    asked: through,
    http: sent,
  };
}

function findSource(mesh: Mesh, name: string, cluster = ''): Workload | string {
  const source = mesh.workloadById.get((cluster && !name.includes(':') ? `${cluster}:${name}` : name) as WorkloadId);
  if (!source) return `there is no workload \`${name}\` in the input`;
  if (source.dataPlane.kind === 'gateway') return `\`${name}\` is a gateway: it has no application to send it`;
  if (!hasPods(source)) return `\`${name}\` is a ${source.kind} whose pods are not known`;
  return source;
}

interface Place {
  readonly id: string;
  readonly host: string;
  readonly port: number;
}

/** The Service by which a client gets there: only so its proxy treats it as the model does. */
function findService(mesh: Mesh, { to, from }: Request): Place | string {
  if (to.service !== undefined) {
    const [service] = findServices(mesh, to.service);
    if (!service) return `there is no Service \`${to.service}\` in the input`;
    return { id: to.service, host: hostOf(service), port: to.port };
  }
  if (to.workload === undefined)
    return 'it leaves the mesh, or goes to a gateway: only Services of the mesh are probed';
  const destination = mesh.workloadById.get(to.workload as WorkloadId);
  if (!destination) return `there is no workload \`${to.workload}\` in the input`;
  const leads = destination.ports.find(({ port }) => port === to.port)?.services ?? [];
  for (const { service: id, port } of leads) {
    const service: MeshService | undefined = mesh.serviceById.get(id);
    if (service?.workloads.length === 1 && service.type !== 'ExternalName') return { id, host: hostOf(service), port };
  }
  return `no Service leads to \`${to.workload}\`:${to.port} alone, and ${from.workload} would pass its address by`;
}

/** Headers that hold credentials are left to the environment; in the request stands the variable. */
function splitHeaders({ headers = [] }: HttpAttributes, secrets: SecretNames) {
  const list = (Array.isArray(headers) ? headers : Object.entries(headers)) as readonly (readonly [string, string])[];
  const named = list.map(([name, value]) => ({
    name,
    value,
    variable: isSensitiveName(name) ? secrets.header(name, value) : undefined,
  }));
  return {
    kept: named.map(({ name, value, variable }) => [name, variable === undefined ? value : `$${variable}`] as const),
    headers: named.flatMap(({ name, value, variable }) => (variable === undefined ? [[name, value] as const] : [])),
    hidden: named.flatMap(({ name, variable }) => (variable === undefined ? [] : [{ name, prefix: '', variable }])),
  };
}
