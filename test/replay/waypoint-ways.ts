import type { Request } from '../../src/result/request.ts';
import { decide } from '../../src/semantics/decide.ts';
import { resolveRequest } from '../../src/semantics/resolve-request.ts';
import type { Replayed } from './replay.ts';
import { enforcementOfWay, httpOf, readWays, type WayVector } from './ways.ts';

/** Who has the addresses of the recorder's world (conformance/ways/worlds/waypoint.yaml). */
const AT: Readonly<Record<string, Omit<Request['to'], 'port'>>> = {
  '10.96.0.1': { service: 'shop/api' },
  '10.96.0.2': { service: 'shop/web' },
  '240.0.0.1': { serviceEntry: 'shop/ext' },
  '10.1.0.1': { workload: 'shop/api' },
};

/** The caller that the recorder takes where a request names none. */
const CALLER = 'cluster.local/ns/bar/sa/client';

/** What a waypoint alone decides, for callers over HBONE. */
export function replayWaypointWays(): readonly (Replayed & { readonly area: string })[] {
  return readWays('waypoint').flatMap(({ area, header, sets }) =>
    sets.flatMap((set) => {
      const enforcement = enforcementOfWay(header, set);
      return set.vectors.map((vector, i) => {
        const queries = resolveRequest(enforcement.mesh, requestOf(vector));
        const [query] = 'error' in queries ? [] : queries;
        return {
          id: `${set.set}/${i}`,
          area,
          expected: vector.to === undefined ? 'deny' : 'allow',
          got: query ? decide(enforcement, query).outcome : 'unresolved',
        };
      });
    }),
  );
}

function requestOf(vector: WayVector): Request {
  const { ip = '', port, principal = CALLER, jwt } = vector;
  const at = AT[ip];
  if (!at) throw new Error(`nobody has ${ip}`);
  return {
    from: { principal, ip: '127.0.0.1' },
    to: { ...at, port, at: 'waypoint' },
    ...httpOf(vector),
    ...(jwt ? { jwt: { payload: jwt } } : {}),
  };
}
