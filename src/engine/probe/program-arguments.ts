import { PROBE_SECONDS } from './curl-command.ts';
import type { Probe } from './probe.ts';

/**
 * What a program is told by its arguments: host, port, seconds, method (empty: bytes over TCP), path, how many headers come by stdin, and the
 * others, name and value. Undefined where not all of it is printable ASCII: languages differ in what they make of the rest.
 */
export function programArguments({ authority, http }: Probe): readonly string[] | undefined {
  const { host, port } = splitAuthority(authority);
  const start = [host, port, String(PROBE_SECONDS)];
  if (!http) return [...start, '', '', '0'];
  const { method, headers, secrets } = http;
  const path = http.path.startsWith('/') ? http.path : `/${http.path}`;
  const names = [...headers, ...secrets.map(({ name }) => [name, ''] as const)].map(([name]) => name);
  const hasHost = names.some((name) => name.toLowerCase() === 'host');
  const stated = hasHost ? headers : [['host', port === '80' ? host : authority] as const, ...headers];
  const isSayable =
    [method, ...names].every((text) => TOKEN.test(text)) &&
    /^[!-~]+$/.test(path) &&
    stated.every(([, value]) => /^[ -~]*$/.test(value));
  return isSayable ? [...start, method, path, String(secrets.length), ...stated.flat()] : undefined;
}

/** RFC 9110 §5.6.2. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

function splitAuthority(authority: string): { readonly host: string; readonly port: string } {
  const colon = authority.lastIndexOf(':');
  return { host: authority.slice(0, colon), port: authority.slice(colon + 1) };
}
