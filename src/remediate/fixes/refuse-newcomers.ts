import type { Opened } from '../../graph/compare/opened.ts';
import type { Facts } from '../../graph/facts.ts';
import type { Workload } from '../../model/inventory/types.ts';
import { selectorOf } from '../../rules/select-workload.ts';
import { groupBy } from '../../util/group-by.ts';
import type { Candidate } from '../candidate.ts';
import type { Change } from '../../model/change/change.ts';

/**
 * For a workload that joins the mesh, or gets another identity, and would be let in where it was not before, by a rule that cannot be narrowed since
 * nobody said who calls there: a DENY of just that identity, so that nothing opens. Nobody loses a call that passes today.
 */
export function refuseNewcomers({ mesh }: Facts, opened: readonly Opened[]): Candidate | undefined {
  const changes: Change[] = [];
  const destinations: Workload[] = [];
  const names = new Set<string>();
  for (const group of groupBy(opened, ({ workload }) => workload.id).values()) {
    const target = group[0] && mesh.workloadById.get(group[0].workload.id);
    const identities = group.flatMap(({ who }) => (who.kind === 'workload' ? (who.workload.identity ?? []) : []));
    const matchLabels = target && selectorOf(mesh, target);
    if (!target || !matchLabels || identities.length === 0) return undefined;
    const principals = [...new Set<string>(identities)].sort();
    for (const { who } of group) if (who.kind === 'workload') names.add(who.workload.id);
    destinations.push(target);
    const manifest = {
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      // Another step may keep others out of the same place.
      metadata: { name: `refuse-${nameOf(group)}-at-${target.name}`.slice(0, 253), namespace: target.namespace },
      spec: { selector: { matchLabels }, action: 'DENY', rules: [{ from: [{ source: { principals } }] }] },
    };
    if (mesh.resources.find('AuthorizationPolicy', target.namespace, manifest.metadata.name, target.cluster))
      return undefined;
    changes.push({ kind: 'add', manifest, beside: target.resource });
  }
  const who = [...names].sort().join(', ');
  return {
    id: `refuse-newcomers ${destinations.map(({ id }) => id).join(' ')} ${who}`,
    summary: `${destinations.map(({ id }) => id).join(', ')}: refuse ${who}, which the rules there would let in once it has an identity`,
    changes,
    destinations,
    senders: [],
    effort: 2,
    unknownCallers: [],
    unproven: [],
    preconditions: [],
    sideEffects: ['the DENY can go once the rule that lets in everybody is narrowed'],
  };
}

const nameOf = (group: readonly Opened[]): string =>
  [
    ...new Set(
      group.flatMap(({ who }) => (who.kind === 'workload' ? [`${who.workload.namespace}-${who.workload.name}`] : [])),
    ),
  ]
    .sort()
    .slice(0, 2)
    .join('-');
