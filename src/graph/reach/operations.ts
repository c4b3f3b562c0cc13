import { byOf } from '../../model/by.ts';
import type { By } from '../../result/location.ts';
import type { RuleSet } from '../../semantics/algebra/chain-formula.ts';
import { all, type Formula } from '../../semantics/algebra/formula.ts';
import { basisOf, type Region } from '../../semantics/algebra/region.ts';
import type { GroupSet } from '../../semantics/algebra/ztunnel-formula.ts';
import { describeRule } from './describe-rule.ts';

/** A part of what a source may send, by the rule that lets it in. */
export interface Operation {
  /** In words: `POST|GET /v1/*, header x-team: a`; `anything`. */
  readonly what: string;
  /** The ALLOW rule; null: no ALLOW policy applies. */
  readonly by: By | null;
  /** DENY rules, and CUSTOM ones that refuse, that take something away from it. */
  readonly except: readonly By[];
  /** CUSTOM rules whose external authorizer has to approve some of it. */
  readonly asks: readonly By[];
}

/**
 * What the requests of a region come to for a source, rule by rule: only rules that let at least one request of it in, and only exceptions
 * that take something away from that.
 */
export function operationsOf(region: Region, source: Formula): readonly Operation[] {
  const basis = basisOf(region);
  let known = KNOWN.get(basis);
  if (known?.solver !== region.solver) {
    known = { solver: region.solver, bySource: new Map() };
    KNOWN.set(basis, known);
  }
  let operations = known.bySource.get(source);
  if (!operations) {
    operations = findOperations(region, source);
    known.bySource.set(source, operations);
  }
  return operations;
}

interface Known {
  readonly solver: Region['solver'];
  readonly bySource: Map<Formula, readonly Operation[]>;
}

/** By what passes and who asks: ports whose policies are the same share it. */
const KNOWN = new WeakMap<object, Known>();

function findOperations(region: Region, source: Formula): readonly Operation[] {
  const { point, solver, mayPass } = region;
  const admits = (matches: Formula): boolean => !solver.isEmpty(all([source, mayPass, matches]));
  const meets = (matches: Formula, other: Formula): boolean => !solver.isEmpty(all([source, matches, other]));
  if (!point) return [{ what: 'anything', by: null, except: [], asks: [] }];
  if (point.kind === 'ztunnel') {
    const { deny, allow, restricted } = point.sets;
    const except = (matches: Formula): readonly By[] =>
      deny.filter((group) => meets(matches, group.matches)).map(byGroup);
    if (!restricted) return [{ what: 'anything', by: null, except: except(all([])), asks: [] }];
    return allow
      .filter(({ matches }) => admits(matches))
      .map((group) => ({ what: 'anything', by: byGroup(group), except: except(group.matches), asks: [] }));
  }
  const { deny, refusing, asking, allow, restricted } = point.sets;
  const meeting = (rules: readonly RuleSet[], matches: Formula): readonly By[] =>
    rules.filter((rule) => meets(matches, rule.matches)).map(byRule);
  const limits = (matches: Formula): Pick<Operation, 'except' | 'asks'> => ({
    except: meeting([...refusing, ...deny], matches),
    asks: meeting(asking, matches),
  });
  if (!restricted) return [{ what: 'anything', by: null, ...limits(all([])) }];
  return allow
    .filter(({ matches }) => admits(matches))
    .flatMap((rule) => describeRule(rule.rule).map((what) => ({ what, by: byRule(rule), ...limits(rule.matches) })));
}

export const byRule = ({ compiled, rule }: RuleSet): By =>
  byOf(compiled.policy, { rule: rule.index, path: ['spec', 'rules', rule.index] });

export const byGroup = ({ authorization, group }: GroupSet): By =>
  byOf(authorization.source, group.rule === undefined ? {} : { rule: group.rule, path: ['spec', 'rules', group.rule] });
