import type { Request } from '../../src/result/request.ts';
import { CLIENTS, hostAt } from './world.ts';

const PATHS = ['/ok', '/admin'] as const;

/** What every pod sends in every scene: each port, and over HTTP a few methods, paths and headers. */
export function commonRequests(): readonly Request[] {
  return CLIENTS.flatMap(({ namespace, name }) => {
    const from = { workload: `${namespace}/${name}` };
    const to = (port: number) => ({ service: 'demo/server', port });
    const get = (port: number, path: string, headers: Readonly<Record<string, string>> = {}): Request => ({
      from,
      to: to(port),
      http: { method: 'GET', path, host: hostAt(port), headers },
    });
    return [
      ...PATHS.map((path) => get(80, path)),
      { from, to: to(80), http: { method: 'POST', path: '/ok', host: hostAt(80) } },
      get(80, '/ok', { 'x-team': 'blue' }),
      get(81, '/ok'),
      get(7000, '/ok'),
      { from, to: to(9000) },
    ];
  });
}

/** A request in a line, as it stands in a comparison. */
export function describeRequest({ from, to, http, jwt, tls }: Request): string {
  const headers = http?.headers && !Array.isArray(http.headers) ? JSON.stringify(http.headers) : '';
  const token = jwt ? ` token ${JSON.stringify(jwt)}` : '';
  const where = to.gateway === undefined ? '' : ` ${http?.host ?? ''}`;
  const what = http ? `${http.method}${where} ${http.path}${headers === '{}' ? '' : headers}` : 'TCP';
  return `${from.workload ?? from.principal ?? from.ip} → ${to.external ?? ''}:${to.port}${tls ? ` TLS ${JSON.stringify(tls)}` : ''} ${what}${token}`;
}
