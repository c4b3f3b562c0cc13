import type { HttpRequest } from '../attempt.ts';

interface Arrival {
  /** The principal of the client's certificate; null in plaintext. */
  readonly peer: string | null;
  /** The proxy's own principal. */
  readonly self: string | null;
}

type Headers = HttpRequest['headers'];

/**
 * A request as the filters of a sidecar see it. Before any of them looks, Envoy reads the target out of an absolute URL, takes off what is
 * meant for one hop or for itself, and writes what it knows of the connection.
 *
 * Source: envoy source/common/http/conn_manager_utility.cc (mutateRequestHeaders, cleanInternalHeaders, mutateXfccRequestHeader); recorded in
 * conformance/vectors/http-attributes.jsonl.
 */
export function receiveRequest(http: HttpRequest, { peer, self }: Arrival): HttpRequest {
  const target = /^https?:\/\/([^/?#]+)(.*)$/is.exec(http.path);
  const { path, host } = target ? { path: target[2] || '/', host: target[1] ?? '' } : http;
  const kept = isUpgrade(http.headers)
    ? http.headers.filter(([name, value]) => /^(connection|upgrade)$/i.test(name) || isKept(name.toLowerCase(), value))
    : withoutNamedByConnection(http.headers).filter(([name, value]) => isKept(name.toLowerCase(), value));
  const has = (name: string): boolean => kept.some(([key]) => key.toLowerCase() === name);
  const added: (readonly [string, string])[] = [];
  const forwardedProto = firstOf(kept, 'x-forwarded-proto');
  const transport = peer === null ? 'http' : 'https';
  added.push([':scheme', /^https?$/i.test(forwardedProto ?? '') ? (forwardedProto ?? '').toLowerCase() : transport]);
  if (forwardedProto === undefined) added.push(['x-forwarded-proto', transport]);
  if (!has('x-request-id')) added.push(['x-request-id', ANY_REQUEST_ID]);
  return { ...http, path, host, headers: [...certificateHeader(kept, peer, self), ...added] };
}

/** Envoy makes a UUID of its own; no policy can know it. */
const ANY_REQUEST_ID = '00000000-0000-4000-8000-000000000000';

const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'x-envoy-internal'];

/** Names that a client outside of Envoy's trust may not set. */
const INTERNAL = new Set([
  'x-envoy-retriable-status-codes',
  'x-envoy-retriable-header-names',
  'x-envoy-retry-on',
  'x-envoy-retry-grpc-on',
  'x-envoy-max-retries',
  'x-envoy-upstream-alt-stat-name',
  'x-envoy-upstream-rq-timeout-ms',
  'x-envoy-upstream-rq-per-try-timeout-ms',
  'x-envoy-upstream-rq-timeout-alt-response',
  'x-envoy-expected-rq-timeout-ms',
  'x-envoy-force-trace',
  'x-envoy-ip-tags',
  'x-envoy-original-url',
  'x-envoy-hedge-on-per-try-timeout',
]);

function isKept(name: string, value: string): boolean {
  // Of TE only `trailers` is for the whole way.
  if (name === 'te') return value.split(',').some((part) => part.trim().toLowerCase() === 'trailers');
  return !HOP_BY_HOP.includes(name) && !INTERNAL.has(name);
}

const isUpgrade = (headers: Headers): boolean =>
  connectionOptions(headers).includes('upgrade') && firstOf(headers, 'upgrade') !== undefined;

const connectionOptions = (headers: Headers): readonly string[] =>
  headers
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.split(',').map((option) => option.trim().toLowerCase()));

function withoutNamedByConnection(headers: Headers): Headers {
  const named = connectionOptions(headers);
  return named.length === 0 ? headers : headers.filter(([name]) => !named.includes(name.toLowerCase()));
}

/** `x-forwarded-client-cert`: never believed in plaintext; with mutual TLS the peer is appended. */
function certificateHeader(headers: Headers, peer: string | null, self: string | null): Headers {
  const others = headers.filter(([name]) => name.toLowerCase() !== CERTIFICATE);
  if (peer === null) return others;
  const sent = headers.filter(([name]) => name.toLowerCase() === CERTIFICATE).map(([, value]) => value);
  // The hash is that of a certificate which nobody knows here.
  const own = `By=spiffe://${self ?? ''};Hash=${'0'.repeat(64)};Subject="";URI=spiffe://${peer}`;
  return [...others, [CERTIFICATE, [...sent, own].join(',')]];
}

const CERTIFICATE = 'x-forwarded-client-cert';

const firstOf = (headers: Headers, wanted: string): string | undefined =>
  headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
