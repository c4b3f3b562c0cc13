import type { ProbeResult } from '../../model/observation/probe-result.ts';
import type { Probe } from './probe.ts';

/** Seconds that a probe may take. A TCP connection that nothing comes back on is given up after it. */
export const PROBE_SECONDS = 5;
/** The last line of what curl writes: status, and bytes of the body. */
export const TRAILER = 'meshproof';
/** What a TCP connection is sent: network RBAC of Envoy decides on the first bytes. */
export const FIRST_BYTES = '\r\n';

/**
 * The curl that sends a probe: one new connection, no proxy of its own, no redirect followed, no path tidied up. Headers with secrets come by
 * stdin (`-K -`): the arguments of what is run in a pod stand in the API server's audit log.
 */
function curlCommand({ authority, http }: Probe): readonly string[] {
  const limits = ['--noproxy', '*', '--connect-timeout', String(PROBE_SECONDS), '--max-time', String(PROBE_SECONDS)];
  const trailer = ['-w', `\\n${TRAILER} %{http_code} %{size_download}\\n`];
  if (!http) return ['curl', '-q', '-s', '-S', ...limits, ...trailer, `telnet://${authority}`];
  const { method, path, headers, secrets } = http;
  const verb = method === 'GET' ? [] : method === 'HEAD' ? ['-I'] : ['-X', method];
  return [
    ...['curl', '-q', '-s', '-S', '-i', '-g', '--path-as-is', '--http1.1', '--max-filesize', '1048576'],
    ...limits,
    ...verb,
    // `Name;` is how curl is told of a header without a value.
    ...headers.flatMap(([name, value]) => ['-H', value === '' ? `${name};` : `${name}: ${value}`]),
    ...(secrets.length > 0 ? ['-K', '-'] : []),
    ...trailer,
    `http://${authority}${path.startsWith('/') ? path : `/${path}`}`,
  ];
}

export const CURL = { name: 'curl', command: curlCommand } as const;

/** What a client reads from stdin: headers with secrets, to curl as configuration. Undefined where a variable is not set. */
export function secretInput(
  { http }: Probe,
  client: ProbeResult['client'],
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const lines: string[] = [];
  for (const { name, prefix, variable } of http?.secrets ?? []) {
    const value = environment[variable];
    if (!value || /[\r\n]/.test(value)) return undefined;
    lines.push(
      client === 'curl'
        ? `header = "${name}: ${prefix}${value.replaceAll(/[\\"]/g, '\\$&')}"\n`
        : `${name}: ${prefix}${value}\n`,
    );
  }
  return lines.join('');
}
