import { objectOf } from '../../model/by.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { AuthorizationPolicy, AuthorizationRule } from '../../model/istio/authorization-policy.ts';
import { attachedTo } from '../../rules/policy-reach.ts';
import { targetsOf as refsOf } from '../../semantics/policy-index.ts';
import { allowFor } from '../../rules/authz/proposal.ts';
import { type Candidate, type Fix, nameOf, targetsOf } from '../candidate.ts';
import type { Change, FieldEdit } from '../../model/change/change.ts';
import { admissionOf, isWorthGuessing } from './admit.ts';

/** A rule that lets in more than is wanted: puts those who are known to call in its place. */
export const narrowRule: Fix = {
  id: 'narrow-rule',
  propose(facts, { cause, hops }) {
    const object = cause.kind === 'AuthorizationPolicy' ? objectOf(cause) : undefined;
    if (!object) return [];
    const policy = object.resource as AuthorizationPolicy;
    const open = [...new Set(hops.flatMap((hop) => hop.cause?.rule ?? []))]
      .filter((index) => policy.spec.rules?.[index])
      .sort((x, y) => x - y);
    const selected = attachedTo(facts, policy);
    // What gateways ask for as themselves is closed there, by `guard-gateway`.
    if (hops.some(({ pivot }) => pivot === 'route') && selected.every(({ dataPlane }) => dataPlane.kind === 'gateway'))
      return [];
    const attached = [...new Set([...selected, ...targetsOf(hops)])];
    if (open.length === 0 || attached.length > MOST) return [];
    const atWaypoint =
      refsOf(policy.spec).length > 0 && attached.every(({ dataPlane }) => dataPlane.kind === 'ambient');
    const opened = open.flatMap((index) => policy.spec.rules?.[index] ?? []);
    const admissions = attached.map((workload) => ({
      workload,
      ...admissionOf(facts, workload, {
        where: atWaypoint ? 'waypoint' : 'workload',
        hadOwn: opened.some((rule) => admitsNamespace(rule, workload.namespace)),
      }),
    }));
    if (admissions.some(({ workload, admitsOwn }) => admitsOwn && !isWorthGuessing(facts, workload))) return [];
    const own = attached.length === 1 || atWaypoint;
    const rules = own ? admissions.flatMap((each) => limited(opened, each.rules)) : [];
    const others: Change[] = own
      ? []
      : admissions.flatMap(({ workload, rules: mine }) =>
          allowFor(facts, workload, limited(opened, mine)).map(
            (manifest) => ({ kind: 'add', manifest, beside: policy }) as const,
          ),
        );
    const unknown = admissions.filter(({ isUnknown }) => isUnknown).map(({ workload }) => workload);
    const callers = new Set(admissions.flatMap(({ callers: known }) => known.map(({ from }) => from.id)));
    const which = open.length === 1 ? `rule ${open[0]}` : `rules ${open.join(', ')}`;
    return [
      candidate(
        `narrow-rule ${nameOf(policy)} ${open.join(',')}`,
        `${nameOf(policy)} ${which}: admit ${countOf(callers.size, 'known caller')} by name${admissions.some(({ admitsOwn }) => admitsOwn) ? ', and their own namespace' : ''}`,
        [...others, { kind: 'edit', resource: policy, edits: replaceRules(policy, open, rules) }],
        attached,
        unknown,
      ),
    ];
  },
};

const MOST = 200;

function candidate(
  id: string,
  summary: string,
  changes: readonly Change[],
  destinations: readonly Workload[],
  unknownCallers: readonly Workload[],
): Candidate {
  return {
    id,
    summary,
    changes,
    destinations,
    senders: [],
    effort: changes.length > 1 ? 2 : 1,
    unknownCallers,
    unproven: [],
    preconditions: [],
    sideEffects: ['callers that are not named get 403 (HTTP) or a reset connection (TCP)'],
  };
}

const countOf = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** Whether a rule lets in callers of a namespace, whoever they are there. */
function admitsNamespace({ from }: AuthorizationRule, namespace: string): boolean {
  return (from ?? [{}]).some(({ source = {} }) => {
    const { principals = [], namespaces = [] } = source;
    if (principals.length === 0 && namespaces.length === 0) return true;
    return namespaces.some((name) => name === '*' || name === namespace) || principals.includes('*');
  });
}

/** What the open rules said of operations and conditions still holds, where they are of one mind and the new rules say nothing of their own. */
function limited(
  opened: readonly AuthorizationRule[],
  admitted: readonly AuthorizationRule[],
): readonly AuthorizationRule[] {
  const [rule] = opened;
  const isAlike = opened.every(
    (other) => JSON.stringify([other.to, other.when]) === JSON.stringify([rule?.to, rule?.when]),
  );
  if (!rule || !isAlike) return admitted;
  return admitted.map((each) => {
    if (each.from === undefined) return each;
    const saysOperation = each.to?.some(({ operation }) => operation?.methods ?? operation?.paths) ?? false;
    return {
      ...each,
      ...(rule.to && !saysOperation ? { to: rule.to } : {}),
      ...(rule.when ? { when: rule.when } : {}),
    };
  });
}

/** Open rules give way to others; a policy without rules refuses everything that no other admits. */
export function replaceRules(
  { spec }: AuthorizationPolicy,
  open: readonly number[],
  rules: readonly AuthorizationRule[],
): readonly FieldEdit[] {
  const kept = (spec.rules ?? []).filter((_, index) => !open.includes(index));
  const present = new Set(kept.map((rule) => JSON.stringify(rule)));
  const fresh = rules.filter((rule) => !present.has(JSON.stringify(rule)));
  if (kept.length === 0 && fresh.length === 0) return [{ op: 'delete', path: ['spec', 'rules'] }];
  const replaced = open.slice(0, fresh.length);
  // From the end, so that the numbers of the others stay.
  const deleted = open.slice(fresh.length).reverse();
  return [
    ...replaced.map((index, i): FieldEdit => ({ op: 'set', path: ['spec', 'rules', index], value: fresh[i] })),
    ...fresh.slice(replaced.length).map((value): FieldEdit => ({ op: 'append', path: ['spec', 'rules'], value })),
    ...deleted.map((index): FieldEdit => ({ op: 'delete', path: ['spec', 'rules', index] })),
  ];
}
