import type { Mesh, WorkloadId } from '../model/inventory/types.ts';
import type { Request } from '../result/request.ts';
import { decide } from '../semantics/decide.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import { decideExternal } from '../semantics/external.ts';
import { indexGateways } from '../semantics/gateway/index-gateways.ts';
import type { Judged } from '../semantics/judged.ts';
import type { Query } from '../semantics/query.ts';
import { resolveRequest, type Unresolved } from '../semantics/resolve-request.ts';
import type { Verdict } from '../semantics/verdict.ts';

/** What one endpoint answers. */
export interface EndpointAnswer {
  /** Absent: the request leaves the mesh. */
  readonly query?: Query;
  readonly verdict: Verdict;
  /** What each point on the way evaluated; empty unless asked for. */
  readonly judged: readonly Judged[];
}

export interface Answered {
  /** The endpoint that decides. */
  readonly decisive: EndpointAnswer;
  /** A request through a service may land at any endpoint. */
  readonly endpoints: readonly EndpointAnswer[];
}

/** Decides a request at every endpoint that it may land at, in every cluster (reference §15.7); the weakest answer counts. */
export function answerRequest(
  enforcement: Enforcement,
  request: Request,
  { explain = false, watch = false }: { readonly explain?: boolean; readonly watch?: boolean } = {},
): Answered | Unresolved {
  if (request.to.external !== undefined) {
    const verdict = decideExternal(enforcement, request);
    if ('error' in verdict) return verdict;
    const answer = { verdict, judged: [] };
    return { decisive: answer, endpoints: [answer] };
  }
  const queries = resolveRequest(meshWith(enforcement, request.to.gateway), request);
  if ('error' in queries) return queries;
  const endpoints = queries.map((query): EndpointAnswer => {
    const judged: Judged[] = [];
    const asked: Query = {
      ...query,
      ...(explain ? { explain } : {}),
      ...(watch ? { watch: (each) => judged.push(each) } : {}),
    };
    return { query, verdict: decide(enforcement, asked), judged };
  });
  return { decisive: weakestOf(endpoints), endpoints };
}

const RANK = { allow: 0, unknown: 1, deny: 2 } as const;

/** What some endpoint lets in gets in, and where it asks for least; the first of equals. */
function weakestOf(endpoints: readonly EndpointAnswer[]): EndpointAnswer {
  const [weakest] = endpoints.toSorted(
    ({ verdict: a }, { verdict: b }) =>
      RANK[a.outcome] - RANK[b.outcome] || a.requires.length - b.requires.length || a.assumes.length - b.assumes.length,
  );
  if (!weakest) throw new Error('a resolved request has at least one endpoint');
  return weakest;
}

/** A gateway whose pods are not in the input is no workload of the inventory, and can be asked about all the same. */
function meshWith(enforcement: Enforcement, gateway: string | undefined): Mesh {
  const { mesh } = enforcement;
  if (gateway === undefined || mesh.workloadById.has(gateway as WorkloadId)) return mesh;
  const absent = indexGateways(enforcement).proxies.find(({ workload }) => workload.id === gateway)?.workload;
  return absent ? { ...mesh, workloadById: new Map([...mesh.workloadById, [absent.id, absent]]) } : mesh;
}
