import { byOf } from '../model/by.ts';
import type { By } from '../result/location.ts';
import type { RuleSet } from '../semantics/algebra/chain-formula.ts';
import { all, type Formula } from '../semantics/algebra/formula.ts';
import type { Region } from '../semantics/algebra/region.ts';
import type { Clause, CompiledRule } from '../semantics/authz/compile.ts';

/** Why a rule can match no request in one way to a port: conditions that no request fulfils together, as few as that takes. */
export interface Contradiction {
  /** What of a request they are about: `path`, `header x-a`, `caller's identity`. */
  readonly about: string;
  /** Each condition where it stands; one alone is never true here. */
  readonly conditions: readonly By[];
  /** What JWT authentication lets in is one of them. */
  readonly withTokens: boolean;
}

/** Alternatives of `from` and `to` are each looked at together; so many pairs at most. */
const PAIRS = 16;

/**
 * The conditions to blame, by the first pair of alternatives that has most of them: two conditions against each other say more than one that
 * cannot be true.
 */
export function findContradiction(
  { solver, point }: Region,
  { compiled, rule }: RuleSet,
  authenticated: Formula,
): Contradiction | undefined {
  if (!point || point.kind === 'ztunnel') return undefined;
  const { formulaOf } = point.sets;
  const formula = (clause: Clause): Formula => formulaOf({ ...ofNothing(rule), when: [clause] });
  let found: readonly (Clause | 'tokens')[] = [];
  for (const clauses of pairsOf(rule)) {
    const isImpossible = (some: readonly (Clause | 'tokens')[]): boolean =>
      solver.isEmpty(all(some.map((each) => (each === 'tokens' ? authenticated : formula(each)))));
    const everything = ['tokens' as const, ...clauses];
    if (!isImpossible(everything)) continue;
    let core: readonly (Clause | 'tokens')[] = everything;
    for (const each of everything) {
      const fewer = core.filter((other) => other !== each);
      if (isImpossible(fewer)) core = fewer;
    }
    if (core.length > found.length) found = core;
  }
  const clauses = found.filter((each) => each !== 'tokens');
  const [first] = clauses;
  if (!first) return undefined;
  return {
    about: aboutOf(clauses.map(formula)) ?? subjectOf(first),
    conditions: clauses.map(({ field, path }) =>
      byOf(compiled.policy, { rule: rule.index, path: ['spec', 'rules', rule.index, ...path], clause: field }),
    ),
    withTokens: found.includes('tokens'),
  };
}

const ofNothing = ({ index }: CompiledRule): CompiledRule => ({ index, from: null, to: null, when: [] });

function* pairsOf({ from, to, when }: CompiledRule): Iterable<readonly Clause[]> {
  let count = 0;
  for (const sources of from ?? [[]]) {
    for (const operations of to ?? [[]]) {
      if (++count > PAIRS) return;
      yield [...when, ...sources, ...operations];
    }
  }
}

/** The one axis that all of them speak about. */
function aboutOf(formulas: readonly Formula[]): string | undefined {
  const [first, ...others] = formulas.map((formula) => new Set(axesIn(formula)));
  const shared = [...(first ?? [])].filter((key) => others.every((keys) => keys.has(key)));
  return shared.length === 0 ? undefined : shared.map(nameOf).join(' or ');
}

function axesIn(formula: Formula): readonly string[] {
  return formula.kind === 'literal' ? [formula.axis.key] : formula.of.flatMap(axesIn);
}

const NAMES: Readonly<Record<string, string>> = {
  peer: "caller's identity",
  sni: 'server name',
  sourceIp: 'source address',
  remoteIp: "client's address",
  destinationIp: 'destination address',
};

function nameOf(key: string): string {
  if (key.startsWith('header:')) return `header ${key.slice('header:'.length)}`;
  if (key.startsWith('claim:'))
    return `claim ${(JSON.parse(key.slice('claim:'.length)) as readonly string[]).join('.')}`;
  return NAMES[key] ?? key;
}

/** Where a condition is settled for all requests alike, and so no set. */
function subjectOf({ field }: Clause): string {
  if (/port/i.test(field)) return 'port';
  if (/^(not)?RequestPrincipals$|^requestPrincipals$|^request\.auth/i.test(field)) return 'token';
  if (/principals?$|namespaces?$|serviceAccounts?$|trustDomains?$/i.test(field)) return "caller's identity";
  return field;
}
