import { quote } from '../../util/quote.ts';
import type { Request } from '../../result/request.ts';

/** The flags by which `explain` asks for a request again; undefined: they cannot say it. */
export function requestFlags({ from, to, http, jwt, sni, tls, protocol }: Request): readonly string[] | undefined {
  const source = from.workload ?? (from.internet ? 'internet' : (from.position ?? principalOf(from)));
  const target =
    to.workload ??
    (to.service && `service:${to.service}`) ??
    (to.gateway && `gateway:${to.gateway}`) ??
    (to.serviceEntry && `serviceentry:${to.serviceEntry}`);
  if (source === undefined || target === undefined || (protocol ?? 'TCP') !== 'TCP' || tls?.clientCert)
    return undefined;
  const headers = Array.isArray(http?.headers) ? http.headers : Object.entries(http?.headers ?? {});
  const name = sni ?? tls?.sni;
  return [
    `--from ${quote(source)}`,
    `--to ${quote(`${target}:${to.port}`)}`,
    ...(from.as === 'attacker' ? ['--as attacker'] : []),
    ...(from.plaintext ? ['--plaintext'] : []),
    ...(from.ip === undefined ? [] : [`--source-ip ${quote(from.ip)}`]),
    ...(http ? [`--method ${quote(http.method)}`, `--path ${quote(http.path)}`] : ['--tcp']),
    ...(http?.host === undefined ? [] : [`--host ${quote(http.host)}`]),
    ...headers.map(([key, value]) => `--header ${quote(`${key}=${String(value)}`)}`),
    ...claimFlags(jwt),
    ...(name === undefined ? [] : [`--sni ${quote(name)}`]),
  ];
}

function principalOf({ principal, namespace, serviceAccount, trustDomain }: Request['from']): string | undefined {
  if (principal !== undefined) return `principal:${principal}`;
  return namespace === undefined
    ? undefined
    : `principal:${trustDomain ?? 'cluster.local'}/ns/${namespace}/sa/${serviceAccount ?? 'default'}`;
}

function claimFlags(jwt: Request['jwt']): readonly string[] {
  return Object.entries(jwt?.payload ?? {}).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((each) => `--claim ${quote(`${name}=${String(each)}`)}`),
  );
}
