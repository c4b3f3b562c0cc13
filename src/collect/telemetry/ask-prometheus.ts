import { createHash } from 'node:crypto';
import type { Observation } from '../../model/observation/observation.ts';
import type { Source } from '../../result/source.ts';
import { InputError } from '../input-error.ts';
import { isObject } from '../../model/shape.ts';
import { readAnswer } from '../observations/prometheus.ts';

export interface PrometheusAsk {
  readonly url: string;
  /** How many days back. */
  readonly days: number;
  readonly token?: string;
  /** Now, in seconds since 1970. */
  readonly end: number;
  /** Told each query before it is sent. */
  readonly onQuery?: (query: string) => void;
  /** Milliseconds that one attempt may take, and to wait before another. */
  readonly timeout?: number;
  readonly pause?: number;
}

const SHARED =
  'reporter, source_workload, source_workload_namespace, source_principal, source_cluster, destination_workload, destination_workload_namespace, destination_service, destination_service_name, destination_service_namespace, destination_cluster, request_protocol, response_flags, connection_security_policy';

/** All that is ever asked: sums per day of what Istio counts. */
const QUERIES = [
  `sum by (${SHARED}, response_code, grpc_response_status) (increase(istio_requests_total[1d]))`,
  `sum by (${SHARED}) (increase(istio_tcp_connections_opened_total[1d]))`,
];

const DAY = 86_400;
const ATTEMPTS = 3;

/** Asks a Prometheus for what was counted in the last days. Throws an InputError where it does not answer. */
export async function askPrometheus(
  ask: PrometheusAsk,
): Promise<{ readonly observations: readonly Observation[]; readonly sources: readonly Source[] }> {
  const base = baseOf(ask.url);
  const observations: Observation[] = [];
  const sources: Source[] = [];
  for (const query of QUERIES) {
    ask.onQuery?.(query);
    const url = new URL('api/v1/query_range', base);
    const start = ask.end - Math.max(0, ask.days - 1) * DAY;
    for (const [key, value] of Object.entries({ query, start, end: ask.end, step: DAY }))
      url.searchParams.set(key, String(value));
    const text = await fetchText(url, base.href, ask);
    const read = readAnswer({ ...parsed(text, base.href), query }, { file: base.href, cluster: '' });
    if (typeof read === 'string') throw new InputError(`${base.href}: ${read}`, 'check that it is a Prometheus');
    observations.push(read);
    const sha256 = createHash('sha256').update(text).digest('hex');
    sources.push({ name: base.href, kind: 'prometheus', documents: 1, sha256 });
  }
  return { observations, sources };
}

function baseOf(text: string): URL {
  let url: URL;
  try {
    url = new URL(text.endsWith('/') ? text : `${text}/`);
  } catch {
    throw new InputError('`--prometheus` needs a URL', 'as http://localhost:9090');
  }
  if (url.username !== '' || url.password !== '')
    throw new InputError(
      'credentials do not belong into the URL of `--prometheus`',
      'put a bearer token into a file: --prometheus-token-file',
    );
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new InputError('`--prometheus` needs an http or https URL', 'as http://localhost:9090');
  return url;
}

function parsed(text: string, name: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Said below.
  }
  throw new InputError(`${name} did not answer with JSON`, 'check that it is a Prometheus, and no login page');
}

/** Tries again where that may help: nobody there, too busy, broken. Redirects are not followed: they would take the token along. */
async function fetchText(url: URL, name: string, ask: PrometheusAsk): Promise<string> {
  const { token, timeout = 30_000, pause = 500 } = ask;
  let last = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, pause * attempt));
    try {
      const response = await fetch(url, {
        headers: { accept: 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
        redirect: 'error',
        signal: AbortSignal.timeout(timeout),
      });
      if (response.ok) return await response.text();
      const body = (await response.text()).slice(0, 10_000);
      last = `HTTP ${response.status}${reasonOf(body)}`;
      if (response.status < 500 && response.status !== 429) break;
    } catch (error) {
      last =
        error instanceof Error && error.name === 'TimeoutError'
          ? `no answer in ${timeout / 1000} s`
          : 'no connection, or it broke off';
    }
  }
  throw new InputError(`${name}: ${last}`, 'check the URL, the token, and that the query API is reachable');
}

/** What Prometheus itself says of an error. */
function reasonOf(body: string): string {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) && typeof value.error === 'string' ? `: ${value.error.slice(0, 300)}` : '';
  } catch {
    return '';
  }
}
