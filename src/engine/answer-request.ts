import type { Request } from '../result/request.ts';
import { decideLandings, mostPermissive } from '../semantics/decide-request.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import type { Judged } from '../semantics/judged.ts';
import type { Query } from '../semantics/query.ts';
import type { Unresolved } from '../semantics/resolve-request.ts';
import type { Verdict } from '../semantics/verdict.ts';

/** What one endpoint answers. */
export interface EndpointAnswer {
  /** Absent: the request leaves the mesh, or the client's own proxy refuses it. */
  readonly query?: Query;
  readonly verdict: Verdict;
  /** What each point on the way evaluated; empty unless asked for. */
  readonly judged: readonly Judged[];
}

export interface Answered {
  /** The endpoint that decides. */
  readonly decisive: EndpointAnswer;
  /** A request may land at several endpoints: of a service, of the routes of the client's own proxy. */
  readonly endpoints: readonly EndpointAnswer[];
}

/** Decides a request at every endpoint that it may land at, in every cluster (reference §15.7); the weakest answer counts. */
export function answerRequest(
  enforcement: Enforcement,
  request: Request,
  { explain = false, watch = false }: { readonly explain?: boolean; readonly watch?: boolean } = {},
): Answered | Unresolved {
  const judgedFor = new Map<Query, Judged[]>();
  const observe = (query: Query): Query => {
    const judged: Judged[] = [];
    judgedFor.set(query, judged);
    return { ...query, watch: (each) => judged.push(each) };
  };
  const landings = decideLandings(enforcement, request, {
    ...(explain ? { explain } : {}),
    ...(watch ? { prepare: observe } : {}),
  });
  if ('error' in landings) return landings;
  const endpoints = landings.map(
    (landing): EndpointAnswer => ({ ...landing, judged: (landing.query && judgedFor.get(landing.query)) ?? [] }),
  );
  const decisive = endpoints[landings.indexOf(mostPermissive(landings))];
  if (!decisive) throw new Error('a resolved request lands somewhere');
  return { decisive, endpoints };
}
