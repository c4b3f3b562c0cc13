import type { HttpAttributes, Request, RequestFrom } from '../../result/request.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Unresolved } from '../../semantics/resolve-request.ts';
import type { Ask } from './ask.ts';
import { readSource } from './read-source.ts';
import { readTarget, type Target } from './read-target.ts';
import { readToken } from './read-token.ts';

/** The request that a question means: names checked, what was left out filled in as the destination suggests. */
export function readAsk(enforcement: Enforcement, ask: Ask): Request | Unresolved {
  const source = readSource(enforcement.mesh, ask.from);
  if ('error' in source) return source;
  const target = readTarget(enforcement, ask.to, ask.anyPort ?? false);
  return 'error' in target ? target : buildRequest(enforcement, ask, source, target);
}

/** The same once both ends are known. */
export function buildRequest(
  enforcement: Enforcement,
  ask: Omit<Ask, 'from' | 'to'>,
  source: RequestFrom,
  target: Target,
): Request | Unresolved {
  const token = readToken(enforcement, target, ask.claim ?? []);
  if (token && 'error' in token) return token;
  const http = readHttp(ask, target);
  if (http && 'error' in http) return http;
  const from: RequestFrom = {
    ...source,
    ...(ask.as ? { as: ask.as } : {}),
    ...(ask.container === undefined ? {} : { container: ask.container }),
    ...(ask.plaintext ? { plaintext: true } : {}),
    ...(ask.sourceIp === undefined ? {} : { ip: ask.sourceIp }),
  };
  return {
    from,
    to: target.to,
    ...(http ? { http } : {}),
    ...(token ? { jwt: token } : {}),
    ...tlsOf(ask, target, from, http?.host),
  };
}

/** HTTP where somebody says something about HTTP, or where the port is one. */
function readHttp(ask: Omit<Ask, 'from' | 'to'>, target: Target): HttpAttributes | undefined | Unresolved {
  const { method, path, header = [], claim = [] } = ask;
  const said = [method, path, ask.host].some((each) => each !== undefined) || header.length > 0 || claim.length > 0;
  if (ask.tcp) {
    if (!said) return undefined;
    return {
      error: '`--tcp` and an HTTP method, path, host, header or claim exclude each other',
      help: 'leave one out',
    };
  }
  if (!said && target.chain === 'tcp') return undefined;
  const headers: [string, string][] = [];
  for (const text of header) {
    const [, name, value] = /^([^=:\s]+)\s*[=:]\s*(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined)
      return { error: `\`${text}\` is no header`, help: 'give it as name=value' };
    headers.push([name.toLowerCase(), value]);
  }
  const host = ask.host ?? hostOf(target);
  if (typeof host === 'object') return host;
  if (path !== undefined && !path.startsWith('/') && path !== '*')
    return { error: `\`${path}\` is no path`, help: 'a path starts with `/`' };
  return {
    method: method ?? (target.protocol.startsWith('grpc') ? 'POST' : 'GET'),
    path: path ?? '/',
    ...(host === undefined ? {} : { host }),
    ...(headers.length > 0 ? { headers } : {}),
  };
}

/** At a gateway the host chooses what is behind it, so that it is never guessed among several. */
function hostOf({ hosts, to }: Target): string | undefined | Unresolved {
  if (to.gateway === undefined) return undefined;
  const [only, ...more] = hosts;
  if (only !== undefined && more.length === 0) return only;
  if (only === undefined) return undefined;
  return {
    error: `a request to gateway \`${to.gateway}\` has to say which host it is for`,
    help: `hosts of port ${to.port}: ${hosts.slice(0, 8).join(', ')}${hosts.length > 8 ? ', …' : ''} (\`--host\`)`,
  };
}

/** Whoever speaks to a gateway's TLS port does so with TLS of its own, for the host that it asks for. */
function tlsOf(
  { sni, plaintext }: Omit<Ask, 'from' | 'to'>,
  { to, isTls, hosts }: Target,
  from: RequestFrom,
  host: string | undefined,
): Pick<Request, 'sni' | 'tls'> {
  if (to.gateway === undefined || plaintext || from.principal !== undefined) return sni === undefined ? {} : { sni };
  if (!isTls && sni === undefined) return {};
  const onlyHost = hosts.length === 1 ? hosts[0] : undefined;
  const name = sni ?? (host ?? onlyHost)?.replace(/:\d+$/, '');
  return { tls: name === undefined ? {} : { sni: name } };
}
