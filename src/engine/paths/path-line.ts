import type { AttackPath } from '../../graph/attack/attack-path.ts';
import type { Foothold } from '../../graph/attack/foothold.ts';

/** A path in one line: `internet → shop/web → payments/ledger`. */
export const pathLine = ({ from, hops }: AttackPath): string =>
  [from, ...hops.map(({ to }) => to)].map(footholdName).join(' → ');

function footholdName(foothold: Foothold): string {
  switch (foothold.kind) {
    case 'workload':
      return foothold.workload.id;
    case 'identity':
      return foothold.holder?.id ?? foothold.principal;
    case 'node':
    case 'tier0':
      return foothold.name;
    default:
      return foothold.kind.replaceAll('-', ' ');
  }
}
