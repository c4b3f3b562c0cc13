import type { FilterChain } from '../../gateway/filter-chain.ts';
import { covers, isWildcard } from '../../gateway/host-name.ts';
import type { GatewayListener } from '../../gateway/index-gateways.ts';
import { SERVER_NAME } from '../axes.ts';
import { all, type Formula, literal, NOTHING, not } from '../formula.ts';
import type { SetPool } from '../set-pool.ts';
import { serverNameGlob } from './host-formula.ts';

/** Without a server name. */
export const noServerName = (pool: SetPool): Formula => literal(SERVER_NAME, pool.exactly(['']));

/**
 * The server names by which connections get to a chain and to no narrower one: of two chains for one name the first counts. Names that
 * AUTO_PASSTHROUGH servers take before are not left out.
 */
export function serverNameFormula({ chains }: GatewayListener, chain: FilterChain, pool: SetPool): Formula {
  const owners = new Map<string, FilterChain>();
  for (const each of chains.all) for (const name of each.sniHosts ?? []) if (!owners.has(name)) owners.set(name, each);
  const named = [...owners.keys()];
  if (chain.sniHosts === null) {
    const anyName = chains.all.find(({ kind, sniHosts }) => kind !== 'auto-passthrough' && sniHosts === null);
    return anyName === chain ? not(namesLiteral(named, pool)) : NOTHING;
  }
  const own = named.filter((name) => owners.get(name) === chain);
  const narrower = named.filter(
    (name) => owners.get(name) !== chain && own.some((wide) => isWildcard(wide) && covers(wide, name)),
  );
  // A name of its own that is narrower still than what another chain holds of its wildcard.
  const back = own.filter((name) => narrower.some((other) => isWildcard(other) && covers(other, name)));
  const outside = all([not(namesLiteral(narrower, pool)), not(noServerName(pool))]);
  const rest = all([namesLiteral(own, pool), outside]);
  return back.length === 0 ? rest : { kind: 'any', of: [namesLiteral(back, pool), rest] };
}

function namesLiteral(names: readonly string[], pool: SetPool): Formula {
  if (names.length === 0) return NOTHING;
  return literal(
    SERVER_NAME,
    pool.words(JSON.stringify(['server names', names]), 'as-is', () => names.map(serverNameGlob)),
  );
}
