import { type Address, contains } from '../../util/cidr.ts';
import type { Requirement } from '../verdict.ts';
import type { AddressMatch, ZtunnelAuthorization } from './authorization.ts';
import type { RbacResult } from './rbac.ts';

/** An answer that holds for some source address, with what that address takes. */
export interface AddressAnswer {
  readonly result: RbacResult;
  readonly requires: readonly Requirement[];
  readonly assumes: readonly string[];
}

/** The lists of blocks that policies compare the source address with, and addresses that stand for all others. */
export interface SourceSpace {
  readonly lists: readonly (readonly AddressMatch[])[];
  /** One per set of lists that some address lies in; those in the fewest lists come first. */
  readonly witnesses: readonly Address[];
}

/** Only the borders of blocks make a difference: one address on each side of every border is enough. */
export function buildSourceSpace(policies: readonly ZtunnelAuthorization[]): SourceSpace {
  const matches = policies.flatMap(({ groups }) =>
    groups.flatMap(({ clauses }) => clauses.flatMap((clause) => clause.matches)),
  );
  const lists = matches
    .flatMap(({ sourceIps, notSourceIps }) => [sourceIps ?? [], notSourceIps ?? []])
    .filter((list) => list.length > 0);
  const found = new Map<string, Address>();
  for (const address of borders(lists.flat())) {
    const key = listsHolding(lists, address).join();
    if (!found.has(key)) found.set(key, address);
  }
  const weight = (address: Address): number => listsHolding(lists, address).length;
  return { lists, witnesses: [...found.values()].sort((a, b) => weight(a) - weight(b)) };
}

/**
 * Where the source address is not stated, the caller has some address: allowed if one passes. Undefined: no policy looks at it.
 */
export function forSomeAddress(
  { lists, witnesses }: SourceSpace,
  evaluate: (source: Address) => RbacResult,
): AddressAnswer | undefined {
  const answers = witnesses.map((source) => ({ source, result: evaluate(source) }));
  const best =
    answers.find(({ result }) => result.outcome === 'allow') ??
    answers.find(({ result }) => result.outcome === 'unknown') ??
    answers[0];
  if (!best) return undefined;
  const { source, result } = best;
  const refused = answers.filter((answer) => answer.result.outcome !== result.outcome);
  if (refused.length === 0) return { result, requires: [], assumes: [] };
  const inside = new Set(listsHolding(lists, source));
  const avoided = new Set(
    refused.flatMap((answer) => listsHolding(lists, answer.source)).filter((list) => !inside.has(list)),
  );
  const outside = texts([...avoided].flatMap((list) => lists[list] ?? []));
  const ranges = namedBy(result);
  return {
    result,
    requires: ranges.length > 0 ? [{ kind: 'source-ip', ranges }] : [],
    assumes: outside.length > 0 ? [`the source address is outside ${outside.join(', ')}`] : [],
  };
}

/** The blocks that the ALLOW rule which admitted names. */
function namedBy({ stage, decider }: RbacResult): readonly string[] {
  if (stage !== 'allow' || !decider) return [];
  return texts(decider.group.clauses.flatMap(({ matches }) => matches.flatMap(({ sourceIps = [] }) => sourceIps)));
}

const texts = (blocks: readonly AddressMatch[]): readonly string[] =>
  [...new Set(blocks.map(({ text }) => text))].sort();

const listsHolding = (lists: SourceSpace['lists'], address: Address): readonly number[] =>
  lists.flatMap((list, i) => (list.some(({ cidr }) => contains(cidr, address)) ? [i] : []));

function borders(blocks: readonly AddressMatch[]): readonly Address[] {
  if (blocks.length === 0) return [];
  return ([4, 6] as const).flatMap((family) => {
    const last = (1n << (family === 4 ? 32n : 128n)) - 1n;
    const values = new Set([0n]);
    for (const { cidr } of blocks) {
      if (cidr.family !== family) continue;
      values.add(cidr.first);
      if (cidr.last < last) values.add(cidr.last + 1n);
    }
    return [...values].map((value) => ({ family, value }));
  });
}
