import type { Workload } from '../../model/inventory/types.ts';
import { all, EVERYTHING, not } from '../../semantics/algebra/formula.ts';
import { regionsOf } from '../../semantics/algebra/region.ts';
import { withPeer } from '../../semantics/algebra/with-peer.ts';
import { queryOfModel } from '../../semantics/algebra/witness.ts';
import { decide } from '../../semantics/decide.ts';
import type { Query } from '../../semantics/query.ts';
import { requestOf } from '../request-of.ts';
import type { Opened, States } from './opened.ts';

/** What workloads whose identity changed may newly send: the destinations' sets are the same, the caller is another. */
export function openedByIdentity(states: States): readonly Opened[] {
  const { before, after } = states;
  return after.mesh.workloads.flatMap((source) => {
    const earlier = before.mesh.workloadById.get(source.id);
    if (!earlier || earlier.identity === source.identity || source.identity === null) return [];
    return after.mesh.workloads.flatMap((workload) => openedFor(states, earlier, source, workload));
  });
}

function openedFor(
  { before, after }: States,
  earlier: Workload,
  source: Workload,
  workload: Workload,
): readonly Opened[] {
  const old = before.mesh.workloadById.get(workload.id);
  if (!old || workload === source || workload.dataPlane.kind === 'gateway') return [];
  return workload.ports.flatMap((port): readonly Opened[] => {
    for (const region of regionsOf(after, workload, port)) {
      if (region.transport !== 'mtls') continue;
      const formula = all([
        withPeer(region.passes, source.identity),
        earlier.identity === null ? EVERYTHING : not(withPeer(region.passes, earlier.identity)),
      ]);
      const model = region.solver.find(formula);
      if (!model) continue;
      const found = queryOfModel({ region, formula, model }, { kind: 'workload', workload: source });
      const query: Query = { ...found, source: { ...found.source, identity: source.identity } };
      const verdict = decide(after, query);
      const { connects: _connects, ...was } = query.source;
      // Before, code in that place had the other identity, or plaintext.
      const refused = decide(before, {
        ...query,
        source: { ...was, identity: earlier.identity, position: { kind: 'workload', workload: earlier } },
        destination: { workload: old, port: port.port },
      });
      if (verdict.outcome !== 'allow' || refused.outcome !== 'deny') continue;
      return [
        {
          workload,
          port: port.port,
          who: { kind: 'workload', workload: source },
          witness: requestOf(query),
          verdict,
          was: { by: refused.by, reason: refused.reason },
        },
      ];
    }
    return [];
  });
}
