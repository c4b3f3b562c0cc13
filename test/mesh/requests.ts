import type { Request } from '../../src/result/request.ts';
import { PODS } from './world.ts';

const PATHS = ['/ok', '/admin'] as const;

/** What every pod sends in every scene: each port, and over HTTP a few methods, paths and headers. */
export function commonRequests(): readonly Request[] {
  return PODS.filter(({ name }) => name !== 'server').flatMap(({ namespace, name }) => {
    const from = { workload: `${namespace}/${name}` };
    const to = (port: number) => ({ service: 'demo/server', port });
    const get = (path: string, headers: Readonly<Record<string, string>> = {}) => ({ method: 'GET', path, headers });
    return [
      ...PATHS.map((path): Request => ({ from, to: to(80), http: get(path) })),
      { from, to: to(80), http: { method: 'POST', path: '/ok' } },
      { from, to: to(80), http: get('/ok', { 'x-team': 'blue' }) },
      { from, to: to(81), http: get('/ok') },
      { from, to: to(7000), http: get('/ok') },
      { from, to: to(9000) },
    ];
  });
}

/** A request in a line, as it stands in a comparison. */
export function describeRequest({ from, to, http, jwt }: Request): string {
  const headers = http?.headers && !Array.isArray(http.headers) ? JSON.stringify(http.headers) : '';
  const token = jwt ? ` token ${JSON.stringify(jwt)}` : '';
  const what = http ? `${http.method} ${http.path}${headers === '{}' ? '' : headers}` : 'TCP';
  return `${from.workload} → :${to.port} ${what}${token}`;
}
