import { answerRequest } from '../src/engine/answer-request.ts';
import type { AttackPath } from '../src/result/types.ts';
import type { Enforcement } from '../src/semantics/enforcement.ts';

/** Hops of a path whose witness the function behind `explain` refuses, as text; a hop without one has to be a pivot with a cause. */
export function refusedHops(enforcement: Enforcement, path: Pick<AttackPath, 'id' | 'hops'>): readonly string[] {
  return path.hops.flatMap(({ witness, pivot, cause, why, verdict, to, port }, index) => {
    const name = `${path.id} hop ${index + 1}`;
    if (!witness) return cause && pivot !== 'reach' ? [] : [`${name}: no witness and no pivot`];
    const answered = answerRequest(enforcement, witness);
    if ('error' in answered) return [`${name}: ${answered.error}`];
    const { outcome, reason } = answered.decisive.verdict;
    const word = verdict === 'unknown' ? 'unknown' : 'allow';
    if (outcome !== word) return [`${name}: ${outcome}, ${reason} (${why}): ${JSON.stringify(witness)}`];
    // It has to land where the path says.
    if (pivot === 'entry') return [];
    const lands = answered.endpoints.some(
      ({ query, verdict: each }) =>
        each.outcome !== 'deny' &&
        (pivot === 'route' || (query?.destination.workload.id === to.workload && query?.destination.port === port)),
    );
    return lands ? [] : [`${name}: lands elsewhere: ${JSON.stringify(witness)}`];
  });
}
