import { PIVOTS } from '../../graph/attack/pivots/index.ts';
import { makeFacts, type Stated } from '../../graph/make-facts.ts';
import { positionsOf } from '../../graph/reach/positions.ts';
import { reachAs, type Reached, reachFrom } from '../../graph/reach/reach-from.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { Containment } from '../../result/containment.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';

type Power = Containment['before'];

/**
 * What somebody can do who holds a workload. In `elsewhere`, where its pods are not isolated, its identity is asked as if it were
 * used from another place.
 */
export function powerOf(enforcement: Enforcement, elsewhere: Enforcement, { id }: Workload, stated: Stated): Power {
  const workload = enforcement.mesh.workloadById.get(id);
  const abroad = elsewhere.mesh.workloadById.get(id);
  if (!workload || !abroad) return { reaches: [], asIdentity: [], reachedBy: [], rights: [] };
  return {
    reaches: reachFrom(enforcement, workload).map(describe),
    asIdentity: reachAs(elsewhere, abroad).map(describe),
    reachedBy: callersOf(enforcement, workload),
    rights: rightsOf(enforcement, workload, stated),
  };
}

const describe = ({ workload, port, as, witness, verdict }: Reached): Power['reaches'][number] => ({
  workload: workload.id,
  port: port.port,
  as,
  witness,
  assumes: verdict.outcome === 'unknown' ? [...verdict.assumes] : [],
});

const SHOWN = 4;

/** Whom the network lets through to it. Nothing keeps its own node out, nor what may share the node's network (reference §15.4). */
function callersOf(enforcement: Enforcement, workload: Workload): Power['reachedBy'] {
  const { workloadById } = enforcement.mesh;
  return workload.ports.flatMap(({ port, transport }) => {
    const found = positionsOf(enforcement, workload, { port, transport }, 'plaintext');
    const { anyPod } = found;
    const exceptions = found.exceptions.filter((id) => !workloadById.get(id)?.hostNetwork);
    if (anyPod !== 'deny')
      return [{ port, from: `any pod${exceptions.length > 0 ? ` but ${fewOf(exceptions)}` : ''}` }];
    return exceptions.length > 0 ? [{ port, from: fewOf(exceptions) }] : [];
  });
}

const fewOf = (names: readonly string[]): string =>
  names.length > SHOWN ? `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more` : names.join(', ');

function rightsOf(enforcement: Enforcement, workload: Workload, stated: Stated): Power['rights'] {
  const facts = makeFacts(enforcement, stated);
  const found = new Map<string, Power['rights'][number]>();
  for (const pivot of PIVOTS) {
    for (const { from, why } of pivot.find(facts)) {
      if (from.kind !== 'workload' || from.workload !== workload || found.has(pivot.id)) continue;
      found.set(pivot.id, { how: pivot.id, why });
    }
  }
  return [...found.values()];
}
