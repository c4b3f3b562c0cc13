/** Telemetry of small meshes, as Prometheus and Envoy write it. */
export interface Counted {
  /** `ns/workload`, or nobody that the proxy knows. */
  readonly from: string | null;
  readonly to: string;
  /** Counts per day. */
  readonly values: readonly number[];
  readonly code?: number;
  readonly reporter?: 'source' | 'destination' | 'waypoint';
  readonly security?: 'mutual_tls' | 'none' | 'unknown';
  readonly tcp?: boolean;
  readonly trustDomain?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

const DAY = 86400;
const END = Date.parse('2026-11-21T00:00:00Z') / 1000;

/** `increase(…[1d])` at the end of each day, the last on 2026-11-20. */
export function prometheusText(counted: readonly Counted[]): string {
  const result = counted.map((each) => ({
    metric: labelsOf(each),
    values: each.values.map((value, index) => [END - (each.values.length - 1 - index) * DAY, String(value)]),
  }));
  return JSON.stringify({
    status: 'success',
    query: 'sum by (…) (increase(istio_requests_total[1d]))',
    data: { resultType: 'matrix', result },
  });
}

function labelsOf({ from, to, code = 200, reporter = 'destination', security, tcp, trustDomain, labels }: Counted) {
  const [namespace = 'unknown', workload = 'unknown'] = from?.split('/') ?? [];
  const [toNamespace = '', toWorkload = ''] = to.split('/');
  const policy = security ?? (reporter === 'source' ? 'unknown' : from === null ? 'none' : 'mutual_tls');
  const proven = policy === 'mutual_tls' || reporter === 'source';
  return {
    reporter,
    source_workload: workload,
    source_workload_namespace: namespace,
    source_principal:
      proven && from ? `spiffe://${trustDomain ?? 'cluster.local'}/ns/${namespace}/sa/${workload}` : 'unknown',
    destination_workload: toWorkload,
    destination_workload_namespace: toNamespace,
    destination_service: `${toWorkload}.${toNamespace}.svc.cluster.local`,
    destination_service_name: toWorkload,
    destination_service_namespace: toNamespace,
    request_protocol: tcp ? 'tcp' : 'http',
    ...(tcp ? {} : { response_code: String(code) }),
    response_flags: '-',
    connection_security_policy: policy,
    ...labels,
  };
}

export interface Logged {
  readonly day: string;
  readonly method?: string;
  readonly path?: string;
  readonly code?: number;
  readonly details?: string;
  readonly port?: number;
  /** Addresses of pods. */
  readonly from: string;
  readonly to: string;
  /** The service `name.namespace`; null: plaintext. */
  readonly sni: string | null;
}

/** A line of Istio's default text format, of the destination's sidecar. */
export function logLine(logged: Logged): string {
  const { day, method = 'GET', path = '/', code = 200, details = 'via_upstream', port = 8080, from, to, sni } = logged;
  const name = sni === null ? '-' : `outbound_.80_._.${sni}.svc.cluster.local`;
  return `[${day}T10:00:00.000Z] "${method} ${path} HTTP/1.1" ${code} - ${details} - "-" 0 1 2 1 "-" "curl" "id" "${sni ?? to}" "${to}:${port}" inbound|${port}|| - ${to}:${port} ${from}:40000 ${name} default`;
}
