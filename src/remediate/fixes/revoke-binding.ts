import { type Fix, nameOf } from '../candidate.ts';
import type { Change } from '../../model/change/change.ts';
import { bindingProblemOf, isAmong } from './bindings.ts';

/** Rights that turn one workload into another: takes the account out of the binding, or the binding away where it is its only subject. */
export const revokeBinding: Fix = {
  id: 'revoke-binding',
  propose(_facts, problem) {
    const found = bindingProblemOf(problem);
    if (!found) return [];
    const { binding, accounts, who } = found;
    const subjects = binding.spec.subjects ?? [];
    const meant = subjects.flatMap((subject, index) => (isAmong(accounts, binding, subject) ? [index] : []));
    if (meant.length === 0) return [];
    const change: Change =
      meant.length === subjects.length
        ? { kind: 'remove', resource: binding }
        : {
            kind: 'edit',
            resource: binding,
            // From the end, so that the numbers of the others stay.
            edits: [...meant].reverse().map((index) => ({ op: 'delete', path: ['subjects', index] }) as const),
          };
    return [
      {
        id: `revoke-binding ${binding.kind} ${nameOf(binding)} ${who}`,
        summary: `${binding.kind} ${nameOf(binding)}: take ${binding.spec.roleRef?.kind ?? 'the role'} ${binding.spec.roleRef?.name ?? ''} from ${who}`,
        changes: [change],
        destinations: [],
        senders: [],
        effort: 2,
        unknownCallers: [],
        unproven: [`whether ${who} uses these rights: the audit log of the API server tells`],
        preconditions: [`no request of ${who} in the audit log of the last 30 days needs the role`],
        sideEffects: [`calls of ${who} to the API server that need the role get 403`],
      },
    ];
  },
};
