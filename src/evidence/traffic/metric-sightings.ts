import { type Mesh, type MeshService, type Principal, type Workload, workloadId } from '../../model/inventory/types.ts';
import type { Metrics, MetricSeries } from '../../model/observation/metrics.ts';
import { targetPort } from '../../semantics/resolve-request.ts';
import type { Sighting } from './sighting.ts';
import type { Caller, SeenFlow, SeenShadow, Security, Unplaced } from './traffic-seen.ts';

export interface Sightings {
  readonly sightings: readonly Sighting[];
  readonly unplaced: readonly Unplaced[];
  readonly shadows: readonly SeenShadow[];
}

type Labels = MetricSeries['labels'];

/**
 * Istio's standard metrics with names of the mesh. They name identity and service, never port, method or path (reference §15.11).
 *
 * Source: https://istio.io/latest/docs/reference/config/metrics/; ztunnel src/proxy/metrics.rs, whose `connection_security_policy` is `unknown`
 * for plaintext.
 */
export function metricSightings(mesh: Mesh, { series, file, cluster }: Metrics): Sightings {
  const sightings: Sighting[] = [];
  const unplaced: Unplaced[] = [];
  const shadows: SeenShadow[] = [];
  for (const { labels, counts } of series) {
    const total = counts.reduce((sum, { count }) => sum + count, 0);
    if (total <= 0) continue;
    if (labels.authz_dry_run_result !== undefined) {
      shadows.push({ file, ...shadowOf(labels), count: total });
      continue;
    }
    const kind = kindOf(labels);
    if (kind === undefined) continue;
    const to = destinationOf(mesh, labels, cluster);
    if (!to) {
      unplaced.push({ file, what: describe(labels), count: total });
      continue;
    }
    const shared = {
      from: callerOf(mesh, labels, cluster),
      to: to.workload,
      ports: to.service ? portsOf(to.workload, to.service, kind) : [],
      ...(to.service ? { service: to.service.id } : {}),
      protocol: kind,
      security: securityOf(labels, to.workload),
      reporter: reporterOf(labels),
      ...outcomeOf(labels, kind),
      file,
    };
    for (const { count, days } of counts) sightings.push({ ...shared, count, days: days.length === 1 ? days : [] });
  }
  return { sightings, unplaced, shadows };
}

/** Of requests, of connections; undefined: some other metric. A query that sums loses the name, and then the labels tell. */
function kindOf(labels: Labels): SeenFlow['protocol'] | undefined {
  const { __name__: name, request_protocol: protocol, reporter } = labels;
  if (name !== undefined) {
    if (name === 'istio_requests_total') return 'http';
    return /^istio_tcp_connections_(opened|failed)_total$/.test(name) ? 'tcp' : undefined;
  }
  if (reporter === undefined) return undefined;
  if (protocol !== undefined) return protocol === 'tcp' ? 'tcp' : 'http';
  return labels.response_code === undefined ? 'tcp' : 'http';
}

const known = (value: string | undefined): string | undefined =>
  value === undefined || value === '' || value === 'unknown' ? undefined : value;

function callerOf(mesh: Mesh, labels: Labels, cluster: string): Caller {
  const principal = known(labels.source_principal)?.replace(/^spiffe:\/\//, '') as Principal | undefined;
  const named = findWorkload(mesh, known(labels.source_workload_namespace), known(labels.source_workload), [
    known(labels.source_cluster),
    cluster,
  ]);
  const holders = principal === undefined ? [] : (mesh.identities.get(principal) ?? []);
  const isIts = named !== undefined && (principal === undefined || named.identity === principal);
  const workload = isIts ? named : holders.length === 1 ? holders[0] : undefined;
  const said =
    known(labels.source_workload) === undefined
      ? undefined
      : `${labels.source_workload_namespace}/${labels.source_workload}`;
  return {
    name: workload?.id ?? principal ?? said ?? 'somebody without an identity',
    ...(workload ? { workload } : {}),
    ...(principal === undefined ? {} : { principal }),
  };
}

function destinationOf(
  mesh: Mesh,
  labels: Labels,
  cluster: string,
): { readonly workload: Workload; readonly service?: MeshService } | undefined {
  const clusters = [known(labels.destination_cluster), cluster];
  const service = serviceOf(mesh, labels, clusters);
  const named = findWorkload(
    mesh,
    known(labels.destination_workload_namespace),
    known(labels.destination_workload),
    clusters,
  );
  const behind = service?.workloads ?? [];
  const only = behind.length === 1 && behind[0] !== undefined ? mesh.workloadById.get(behind[0]) : undefined;
  const workload = named ?? only;
  return workload && { workload, ...(service ? { service } : {}) };
}

/** By the cluster that the label names, by that of the file, or without one: `Kubernetes` is the name of a cluster that has none. */
function findWorkload(
  mesh: Mesh,
  namespace: string | undefined,
  name: string | undefined,
  clusters: readonly (string | undefined)[],
): Workload | undefined {
  if (namespace === undefined || name === undefined) return undefined;
  for (const cluster of [...clusters, '']) {
    const found = cluster === undefined ? undefined : mesh.workloadById.get(workloadId(cluster, namespace, name));
    if (found) return found;
  }
  return undefined;
}

function serviceOf(mesh: Mesh, labels: Labels, clusters: readonly (string | undefined)[]): MeshService | undefined {
  const [host, hostNamespace] = (known(labels.destination_service) ?? '').split('.');
  const name = known(labels.destination_service_name) ?? known(host);
  const namespace = known(labels.destination_service_namespace) ?? known(hostNamespace);
  if (name === undefined || namespace === undefined) return undefined;
  for (const cluster of [...clusters, '']) {
    const found =
      cluster === undefined
        ? undefined
        : mesh.serviceById.get(`${cluster && `${cluster}:`}${namespace}/${name.split('.')[0]}`);
    if (found) return found;
  }
  return undefined;
}

/** Ports behind the service that speak that protocol. */
function portsOf(workload: Workload, service: MeshService, kind: SeenFlow['protocol']): readonly number[] {
  const other = kind === 'http' ? 'tcp' : 'http';
  const isAmbient = workload.dataPlane.kind === 'ambient';
  const ports = service.ports
    .filter(({ transport, chain }) => transport === 'TCP' && (isAmbient || chain !== other))
    .flatMap((port) => targetPort(workload, service, port) ?? []);
  return [...new Set(ports)].sort((a, b) => a - b);
}

function securityOf(labels: Labels, { dataPlane }: Workload): Security {
  const policy = labels.connection_security_policy;
  if (policy === 'mutual_tls' || policy === 'none') return policy;
  const isZtunnel = labels.reporter === 'destination' && dataPlane.kind === 'ambient';
  return isZtunnel && known(labels.source_principal) === undefined ? 'none' : 'unknown';
}

function reporterOf({ reporter }: Labels): SeenFlow['reporter'] {
  return reporter === 'source' || reporter === 'waypoint' ? reporter : 'destination';
}

function outcomeOf(labels: Labels, kind: SeenFlow['protocol']): Pick<Sighting, 'outcome' | 'code'> {
  const {
    response_code: code = '',
    grpc_response_status: grpc = '',
    response_flags: flags = '-',
    __name__: name,
  } = labels;
  if (/\b(UAEX|DENY)\b/.test(flags)) return { outcome: 'refused', code: code && code !== '0' ? code : flags };
  if (kind === 'tcp') {
    const isFine = (flags === '-' || flags === '') && !name?.includes('failed');
    return { outcome: isFine ? 'passed' : 'failed', code: isFine ? 'opened' : flags };
  }
  // A gRPC refusal is an HTTP 200: 7 is PERMISSION_DENIED, 16 UNAUTHENTICATED.
  if (grpc === '7' || grpc === '16') return { outcome: 'refused', code: `gRPC ${grpc}` };
  if (grpc !== '' && grpc !== '0') return { outcome: 'failed', code: `gRPC ${grpc}` };
  return { outcome: outcomeOfStatus(Number(code)), code: code === '' ? flags : code };
}

export function outcomeOfStatus(status: number): Sighting['outcome'] {
  if (status === 401 || status === 403) return 'refused';
  return status >= 100 && status < 400 ? 'passed' : 'failed';
}

function describe(labels: Labels): string {
  const to = known(labels.destination_service) ?? known(labels.destination_workload) ?? 'an unknown destination';
  const from = known(labels.source_workload) ?? known(labels.source_principal) ?? 'unknown';
  return `from ${from} to ${to}`;
}

/** Source: istio.io, Authorization dry run: `envoy_http_inbound_0_0_0_0_80_rbac{authz_dry_run_action,authz_dry_run_result}`. */
function shadowOf(labels: Labels): Omit<SeenShadow, 'file' | 'count'> {
  const { authz_dry_run_action: action, authz_dry_run_result: result } = labels;
  const pod = labels.pod ?? labels.kubernetes_pod_name ?? labels.pod_name;
  const namespace = labels.namespace ?? labels.kubernetes_namespace;
  return {
    result: result === 'denied' ? 'denied' : 'allowed',
    ...(action === 'allow' || action === 'deny' ? { action } : {}),
    ...(pod === undefined ? {} : { pod }),
    ...(namespace === undefined ? {} : { namespace }),
  };
}
