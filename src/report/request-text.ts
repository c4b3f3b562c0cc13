import type { HttpAttributes, Request, RequestFrom, RequestTo, Token } from '../result/request.ts';

/** One line that a person can repeat: `POST /v1/charges to payments/ledger:8080 from shop/web, no token`. */
export function requestLine(request: Request): string {
  const token = tokenText(request);
  const headers = headersOf(request.http).map(([name, value]) => `, header ${name}: ${value}`);
  return `${operation(request)} to ${target(request.to)} ${sender(request.from)}${headers.join('')}${token ? `, ${token}` : ''}`;
}

/** The request as labelled lines, as it would go over the wire. */
export function requestFields(request: Request): [label: string, text: string][] {
  const { from, to, http, sni, tls } = request;
  const fields: [string, string][] = [['send', http ? `${http.method} ${http.path}` : (request.protocol ?? 'TCP')]];
  if (http?.host !== undefined) fields.push(['host', http.host]);
  for (const [name, value] of headersOf(http)) fields.push(['header', `${name}: ${value}`]);
  fields.push(['to', `${target(to)}${to.ip ? ` (${to.ip})` : ''}${to.at ? `, at the ${to.at} alone` : ''}`]);
  fields.push([
    'from',
    `${sender(from).replace(/^(from|as) /, '')}${from.as === 'attacker' ? ', with any client' : ''}`,
  ]);
  if (from.remoteIp) fields.push(['client IP', from.remoteIp]);
  if (sni ?? tls?.sni) fields.push(['SNI', String(sni ?? tls?.sni)]);
  if (tls?.alpn) fields.push(['ALPN', tls.alpn.join(', ')]);
  if (tls?.clientCert) fields.push(['certificate', certificate(tls.clientCert)]);
  const token = tokenText(request);
  if (token) fields.push(['token', token === 'no token' ? 'none' : token]);
  return fields;
}

/** The request as PolicyTest documents take it (JSON is YAML). */
export function requestAsTest(request: Request): string {
  return JSON.stringify({ request });
}

function operation({ http, to, from, protocol }: Request): string {
  if (!http) return protocol ?? 'TCP';
  const showHost = http.host !== undefined && (from.internet || to.gateway !== undefined || to.external !== undefined);
  return `${http.method} ${showHost ? http.host : ''}${http.path}`;
}

function target(to: RequestTo): string {
  if (to.workload !== undefined) return `${to.workload}:${to.port}`;
  if (to.service !== undefined) return `service ${to.service}:${to.port}`;
  if (to.serviceEntry !== undefined) return `ServiceEntry ${to.serviceEntry}:${to.port}`;
  if (to.gateway !== undefined) return `gateway ${to.gateway}:${to.port}`;
  return `${to.external ?? to.ip ?? 'port'}:${to.port}`;
}

function sender(from: RequestFrom): string {
  const cluster = from.cluster ? ` in cluster ${from.cluster}` : '';
  if (from.internet) return 'from the internet';
  if (from.position) return PLACES[from.position];
  const container = from.container === undefined ? '' : `, container ${from.container}`;
  if (from.plaintext && from.workload !== undefined) return `from ${from.workload}${cluster}${container} in plaintext`;
  if (from.plaintext) return `in plaintext, without identity${cluster}`;
  if (from.workload !== undefined) return `from ${from.workload}${cluster}${container}`;
  if (from.principal !== undefined) return `as ${from.principal}${cluster}`;
  if (from.namespace !== undefined) {
    const domain = from.trustDomain ? ` of ${from.trustDomain}` : '';
    return `as service account ${from.namespace}/${from.serviceAccount ?? 'default'}${domain}${cluster}`;
  }
  return from.ip ? `from ${from.ip}` : `from anywhere${cluster}`;
}

const PLACES: Readonly<Record<NonNullable<RequestFrom['position']>, string>> = {
  'pod-outside-mesh': 'from a pod outside the mesh',
  node: 'from the node it runs on',
  apiserver: 'from the API server',
};

/** Nothing for plain TCP: there is no place for a token. */
function tokenText({ http, jwt }: Request): string | undefined {
  if (!jwt) return http ? 'no token' : undefined;
  return `${jwt.valid === false ? 'an invalid token' : 'a token'}${claims(jwt)}`;
}

function claims({ payload, in: place }: Token): string {
  const shown = Object.entries(payload).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const where = place ? ` in ${placeText(place)}` : '';
  return shown.length === 0 ? where : `${where} (${shown.join(', ')})`;
}

function placeText({ header, param, cookie }: NonNullable<Token['in']>): string {
  if (param !== undefined) return `parameter ${param}`;
  return cookie === undefined ? `header ${header ?? ''}` : `cookie ${cookie}`;
}

function certificate({ principal, dns, trusted }: NonNullable<NonNullable<Request['tls']>['clientCert']>): string {
  return `${principal ?? dns ?? 'client certificate'}${trusted === false ? ', of a CA that is not trusted' : ''}`;
}

function headersOf(http: HttpAttributes | undefined): readonly (readonly [string, string])[] {
  const headers = http?.headers ?? [];
  return isPairs(headers) ? headers : Object.entries(headers);
}

function isPairs(headers: NonNullable<HttpAttributes['headers']>): headers is readonly (readonly [string, string])[] {
  return Array.isArray(headers);
}
