import type { Enforcement } from '../../enforcement.ts';
import { chooseRoute } from '../../gateway/choose-route.ts';
import type { HttpPlace, Taking } from '../../gateway/routes-of.ts';
import { withoutQuery } from '../../http/normalize-path.ts';
import { all } from '../formula.ts';
import { SearchLimit } from '../strings/find-word.ts';
import { takingOf } from './way-in.ts';
import { queryOfWay } from './way-query.ts';

/** A request that takes a route of HTTP, whatever policies say; undefined: there is none, or the search was given up. */
export function findTaking(enforcement: Enforcement, place: HttpPlace): Taking | undefined {
  const { proxy, listener, chain, host, route } = place;
  try {
    for (const { handshake, taken, solver } of takingOf(enforcement, place)) {
      const formula = all([handshake.formula, taken.possibly]);
      const model = solver.find(formula);
      if (!model) continue;
      const way = {
        gateway: proxy.workload,
        port: listener.port,
        handshake,
        protocol: 'http' as const,
        place: { host },
      };
      const { http, token, tls } = queryOfWay(way, formula, model);
      if (!http) continue;
      const scheme = http.headers.find(([name]) => name === 'x-forwarded-proto')?.[1] ?? (chain.tls ? 'https' : 'http');
      const { method, path, headers } = http;
      const claims = token?.claims;
      const asked = { method, path, plainPath: withoutQuery(path), authority: http.host, scheme, headers, claims };
      const chosen = chooseRoute(chain, asked);
      if (chosen.kind === 'route' && chosen.route === route)
        return { witness: { http, ...(claims ? { claims } : {}) }, tls: tls ?? null };
    }
  } catch (error) {
    if (!(error instanceof SearchLimit)) throw error;
  }
  return undefined;
}
