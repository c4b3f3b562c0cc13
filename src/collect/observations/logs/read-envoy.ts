import { readTime } from '../read-time.ts';
import type { MatchedPolicy, SeenRequest } from '../../../model/observation/seen-request.ts';

/** The fields of Istio's default text format after the request line, in order (istio pilot/pkg/model/telemetry_logging.go). */
const FIELDS = [
  'response_code',
  'response_flags',
  'response_code_details',
  'connection_termination_details',
  'upstream_transport_failure_reason',
  'bytes_received',
  'bytes_sent',
  'duration',
  'upstream_service_time',
  'x_forwarded_for',
  'user_agent',
  'request_id',
  'authority',
  'upstream_host',
  'upstream_cluster',
  'upstream_local_address',
  'downstream_local_address',
  'downstream_remote_address',
  'requested_server_name',
  'route_name',
] as const;

type Fields = Readonly<Record<string, string | undefined>>;

/** A line of Istio's default text format, whatever stands before it (`kubectl logs --prefix`). */
export function readEnvoyText(line: string): SeenRequest | undefined {
  const [, prefix = '', time = '', rest = ''] = /^(.*?)\[(\d{4}-\d\d-\d\dT[^\]]*)\]\s+(".*)$/.exec(line) ?? [];
  const tokens = rest.match(/"(?:[^"\\]|\\.)*"|\S+/g);
  const [request, ...values] = tokens ?? [];
  // Cut lines are worth reading too, as long as they say how it ended.
  if (request === undefined || values.length < 3) return undefined;
  const [method, path] = unquote(request).split(' ');
  const fields: Record<string, string | undefined> = { method, path, start_time: time, ...podOf(prefix) };
  for (const [index, name] of FIELDS.entries()) {
    const value = values[index];
    if (value !== undefined) fields[name] = unquote(value);
  }
  return /^\d+$/.test(fields.response_code ?? '') ? toSeen(fields) : undefined;
}

/** The same fields as JSON. */
export function readEnvoyJson(value: Readonly<Record<string, unknown>>): SeenRequest | undefined {
  if (!('response_code' in value)) return undefined;
  const fields: Record<string, string | undefined> = {};
  for (const [name, each] of Object.entries(value)) {
    if (typeof each === 'string' || typeof each === 'number') fields[name] = String(each);
  }
  return toSeen(fields);
}

/** `[pod/NAME/istio-proxy] ` of `kubectl logs --prefix`. */
function podOf(prefix: string): { readonly pod_name?: string } {
  const pod = /\[pod\/([^/\]]+)\//.exec(prefix)?.[1];
  return pod === undefined ? {} : { pod_name: pod };
}

const unquote = (token: string): string => (token.startsWith('"') ? token.slice(1, -1) : token);

function toSeen(fields: Fields): SeenRequest {
  const get = (name: string): string | undefined =>
    fields[name] === '-' || fields[name] === '' ? undefined : fields[name];
  const code = get('response_code');
  const details = get('response_code_details') ?? get('connection_termination_details');
  const matched = readMatched([fields.response_code_details, fields.connection_termination_details].join(' '));
  return omitUndefined({
    kind: 'envoy' as const,
    at: readTime(get('start_time')),
    proxy: proxyOf(get('pod_name'), get('pod_namespace')),
    method: get('method'),
    path: get('path'),
    host: get('authority'),
    code: code === undefined ? 0 : Number(code),
    flags: get('response_flags'),
    details,
    transportFailure: get('upstream_transport_failure_reason'),
    matched,
    cluster: get('upstream_cluster'),
    downstreamLocal: get('downstream_local_address'),
    downstreamRemote: get('downstream_remote_address'),
    forwardedFor: get('x_forwarded_for'),
    // Not in the default format; whoever logs it names it after Envoy's operator, or as Istio's attribute.
    source: peerOf(get('downstream_peer_uri_san') ?? get('source_principal')),
    sni: get('requested_server_name') ?? ('requested_server_name' in fields ? null : undefined),
  });
}

const peerOf = (name: string | undefined): SeenRequest['source'] =>
  name?.startsWith('spiffe://') ? { principal: name.slice('spiffe://'.length) } : undefined;

const proxyOf = (pod: string | undefined, namespace: string | undefined): SeenRequest['proxy'] =>
  pod === undefined ? undefined : { pod, ...(namespace === undefined ? {} : { namespace }) };

/** `rbac_access_denied_matched_policy[ns[foo]-policy[bar]-rule[0]]`, or `[none]`. */
function readMatched(text: string): MatchedPolicy | undefined {
  const inside = /rbac_access_denied_matched_policy\[(.*)\]/.exec(text)?.[1];
  if (inside === undefined) return undefined;
  const [, namespace, name, rule] = /ns\[([^\]]*)\]-policy\[([^\]]*)\](?:-rule\[(\d+)\])?/.exec(inside) ?? [];
  if (namespace === undefined || name === undefined) return 'none';
  return { namespace, name, ...(rule === undefined ? {} : { rule: Number(rule) }) };
}

/** Leaves out what is not there. */
function omitUndefined<T extends Readonly<Record<string, unknown>>>(
  value: T,
): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
