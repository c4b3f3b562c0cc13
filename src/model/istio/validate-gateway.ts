import type { Refusal } from '../refusal.ts';
import type { Path } from '../resource.ts';
import type { Gateway, GatewayServer } from './gateway.ts';
import { checkDryRun } from './validate-dry-run.ts';

const HTTP: ReadonlySet<string> = new Set(['http', 'http2', 'grpc', 'grpc-web', 'http_proxy']);
const TLS: ReadonlySet<string> = new Set(['https', 'tls']);
const OTHER: ReadonlySet<string> = new Set(['tcp', 'udp', 'mongo', 'redis', 'mysql', 'hbone']);

/** Of what Istio's webhook refuses, what decides whether a server exists at all (I:pkg/config/validation/validation.go, ValidateGateway). */
export function* checkGateway(gateway: Gateway): Iterable<Refusal> {
  yield* checkDryRun(gateway);
  const { servers = [] } = gateway.spec;
  if (servers.length === 0)
    yield { path: ['spec'], reason: 'it has no `servers`', help: 'add one, or delete the Gateway' };
  const names = new Set<string>();
  for (const [index, server] of servers.entries()) {
    const path = ['spec', 'servers', index];
    yield* checkServer(server, path);
    const name = server.port?.name;
    if (!name) continue;
    if (names.has(name))
      yield { path, reason: `two servers have the port name \`${name}\``, help: 'give each port a name of its own' };
    names.add(name);
  }
}

function* checkServer({ port, hosts = [], tls }: GatewayServer, path: Path): Iterable<Refusal> {
  if (hosts.length === 0) yield { path, reason: 'a server has no `hosts`', help: 'name its hosts' };
  if (!port) {
    yield { path, reason: 'a server has no `port`', help: 'give its number, name and protocol' };
    return;
  }
  const at = [...path, 'port'];
  if (!port.name) yield { path: at, reason: 'a port has no `name`', help: 'name it' };
  if (!port.number || port.number > 65535)
    yield { path: at, reason: 'a port has no valid `number`', help: 'give a number from 1 to 65535' };
  const protocol = (port.protocol ?? '').toLowerCase();
  if (!HTTP.has(protocol) && !TLS.has(protocol) && !OTHER.has(protocol)) {
    const help = 'HTTP, HTTP2, GRPC, GRPC-WEB, HTTPS, TLS, TCP, MONGO, REDIS or MYSQL';
    yield {
      path: at,
      reason: port.protocol ? `\`${port.protocol}\` is no protocol` : 'a port has no `protocol`',
      help,
    };
  } else if (TLS.has(protocol) && !tls) {
    yield {
      path,
      reason: `a server of protocol \`${port.protocol}\` has no \`tls\``,
      help: 'add `tls` with a `mode` and a certificate',
    };
  } else if (tls && OTHER.has(protocol)) {
    yield {
      path: [...path, 'tls'],
      reason: `\`tls\` is not for protocol \`${port.protocol}\``,
      help: 'use protocol TLS',
    };
  } else if (tls?.mode && tls.mode !== 'PASSTHROUGH' && HTTP.has(protocol)) {
    const help = 'plain HTTP takes `httpsRedirect` only; use protocol HTTPS';
    yield { path: [...path, 'tls', 'mode'], reason: `\`tls.mode\` is not for protocol \`${port.protocol}\``, help };
  }
}
