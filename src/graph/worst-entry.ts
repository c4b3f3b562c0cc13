import type { Workload } from '../model/inventory/types.ts';
import type { Verdict } from '../semantics/verdict.ts';
import type { Facts, PortFacts } from './facts.ts';

/** How somebody gets to a workload in the easiest way that was found. */
export interface WayIn {
  readonly entry: 'internet' | 'plaintext' | 'any-identity' | 'named-identities' | 'none';
  /** Kinds of what such a request must bring. */
  readonly requires: readonly string[];
}

const ORDER: readonly WayIn['entry'][] = ['internet', 'plaintext', 'any-identity', 'named-identities', 'none'];
const CLOSED: WayIn = { entry: 'none', requires: [] };

/** The easiest way into one port: from outside, then without an identity, then with any, then with one that is named. */
function wayInto({ internet, access }: PortFacts): WayIn {
  const outside = internet.find(({ verdict }) => verdict.outcome !== 'deny');
  if (outside) return { entry: 'internet', requires: kindsOf(outside.verdict) };
  if (access.plaintext) return { entry: 'plaintext', requires: kindsOf(access.plaintext.verdict) };
  if (access.anyIdentity) return { entry: 'any-identity', requires: kindsOf(access.anyIdentity.verdict) };
  const [named] = access.identities.values();
  return named ? { entry: 'named-identities', requires: kindsOf(named.verdict) } : CLOSED;
}

/** The easiest way into any port of a workload. */
export function worstEntry(facts: Facts, workload: Workload): WayIn {
  let worst = CLOSED;
  for (const port of facts.ports(workload)) {
    const way = wayInto(port);
    const easier = ORDER.indexOf(way.entry) - ORDER.indexOf(worst.entry) || way.requires.length - worst.requires.length;
    if (easier < 0) worst = way;
  }
  return worst;
}

const kindsOf = ({ requires }: Verdict): readonly string[] => [...new Set(requires.map(({ kind }) => kind))];
