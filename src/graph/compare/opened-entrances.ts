import type { Workload } from '../../model/inventory/types.ts';
import type { Request } from '../../result/request.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { EXPOSURE_RANK, gatewayExposure } from '../../semantics/gateway/exposure.ts';
import { indexGateways } from '../../semantics/gateway/index-gateways.ts';
import { resolveRequest } from '../../semantics/resolve-request.ts';
import type { Verdict } from '../../semantics/verdict.ts';
import { decide } from '../../semantics/decide.ts';
import { decideWay } from '../decide-way.ts';
import type { Entrance, Facts } from '../facts.ts';
import { isWider, type Opened } from './opened.ts';

type Was = Pick<Verdict, 'outcome' | 'by' | 'reason'>;

/** Ways in from outside the cluster that were not there, or did not let the same request pass to the same workload. */
export function openedEntrances(before: Facts, after: Facts, earlier: Workload, later: Workload): readonly Opened[] {
  return later.ports.flatMap(({ port }) =>
    after.entrances
      .of(later, port)
      .filter(({ verdict }) => verdict.outcome === 'allow')
      .flatMap((entrance): readonly Opened[] => {
        const old = before.entrances.of(earlier, port);
        if (old.some((each) => isSameWay(each, entrance))) return [];
        const was = wasOf(before.enforcement, after.enforcement, entrance, { old, earlier, port });
        if (!isWider(was, entrance.verdict)) return [];
        return [
          {
            workload: later,
            port,
            who: { kind: entrance.entry, ...(entrance.gateway ? { gateway: entrance.gateway } : {}) },
            witness: entrance.request,
            verdict: entrance.verdict,
            was: { by: was.by, reason: was.reason },
          },
        ];
      }),
  );
}

/** The same door, at which the same request needs no more than it does now. */
function isSameWay(old: Entrance, now: Entrance): boolean {
  return (
    old.entry === now.entry &&
    old.gateway?.id === now.gateway?.id &&
    old.verdict.outcome === 'allow' &&
    JSON.stringify(old.request) === JSON.stringify(now.request) &&
    old.verdict.requires.length <= now.verdict.requires.length
  );
}

const NOTHING_LED_THERE: Was = { outcome: 'deny', by: null, reason: 'nothing led there from outside' };

interface Place {
  readonly old: readonly Entrance[];
  readonly earlier: Workload;
  readonly port: number;
}

/** What became of the request of an entrance before. */
function wasOf(before: Enforcement, after: Enforcement, entrance: Entrance, { old, earlier, port }: Place): Was {
  const { gateway, entry, request } = entrance;
  if (!gateway)
    return old.some((each) => !each.gateway && each.entry === entry)
      ? decideIn(before, request, earlier)
      : NOTHING_LED_THERE;
  const own = gatewayIn(before, gateway.id);
  if (!own || isMoreExposed(before, own, after, gateway)) return NOTHING_LED_THERE;
  const queries = resolveRequest(before.mesh, request);
  if ('error' in queries || !queries[0]) return NOTHING_LED_THERE;
  return decideWay(before, { ...queries[0], client: 'attacker' }, earlier, port);
}

/** Of a gateway's own port it counts what the gateway alone decides. */
function decideIn(enforcement: Enforcement, request: Request, { dataPlane }: Workload): Was {
  const queries = resolveRequest(enforcement.mesh, request);
  if ('error' in queries || !queries[0]) return NOTHING_LED_THERE;
  const atGateway = dataPlane.kind === 'gateway' ? ({ at: 'gateway' } as const) : {};
  return decide(enforcement, { ...queries[0], client: 'attacker', ...atGateway });
}

const isMoreExposed = (before: Enforcement, old: Workload, after: Enforcement, now: Workload): boolean =>
  EXPOSURE_RANK[gatewayExposure(after.mesh, now).exposed] > EXPOSURE_RANK[gatewayExposure(before.mesh, old).exposed];

/** A gateway of a state, also one whose pods are not in the input. */
export function gatewayIn(enforcement: Enforcement, id: Workload['id']): Workload | undefined {
  return (
    enforcement.mesh.workloadById.get(id) ??
    indexGateways(enforcement).proxies.find(({ workload }) => workload.id === id)?.workload
  );
}
