import type { Facts } from '../../graph/facts.ts';
import { namespaceKey, type Workload } from '../../model/inventory/types.ts';
import { closedByDefault, defaultDeny, hasDefaultDeny } from '../../rules/authz/default-deny.ts';
import { allowFor } from '../../rules/authz/proposal.ts';
import { waypointOf } from '../../semantics/ambient/waypoint.ts';
import { type Candidate, type Fix, targetsOf } from '../candidate.ts';
import type { Change } from '../../model/change/change.ts';
import { admissionOf, isWorthGuessing } from './admit.ts';

/** A namespace in the mesh that no policy closes: an ALLOW for each of its workloads, then a default deny. */
export const denyByDefault: Fix = {
  id: 'deny-by-default',
  propose(facts, { cause, hops }) {
    if (cause.kind !== 'Namespace' && cause.kind !== 'PeerAuthentication') return [];
    const targets = targetsOf(hops).filter(
      ({ dataPlane }) => dataPlane.kind === 'sidecar' || dataPlane.kind === 'ambient',
    );
    const namespaces = [
      ...new Map(targets.map((target) => [namespaceKey(target.cluster, target.namespace), target])).values(),
    ];
    return namespaces.flatMap((target) => closingOf(facts, target));
  },
};

const MOST = 400;

/** The policies that close a namespace, with the callers that stay. */
function closingOf(facts: Facts, { cluster, namespace, resource }: Workload): readonly Candidate[] {
  const { enforcement, mesh } = facts;
  if (namespace === enforcement.rootNamespace) return [];
  const home = mesh.resources.find('Namespace', '', namespace, cluster) ?? resource;
  const open = [
    ...new Set([...closedByDefault(facts, namespace, cluster), ...openAtZtunnel(facts, namespace, cluster)]),
  ].sort((a, b) => (a.id < b.id ? -1 : 1));
  if (open.length === 0 || open.length > MOST) return [];
  const waypoints = waypointsOf(facts, open);
  const behind = open.filter((workload) => waypoints.behind.has(workload));
  const others = open.filter((workload) => !waypoints.behind.has(workload));
  const admissions = others
    .filter(({ gateway }) => !gateway)
    .map((workload) => ({ workload, ...admissionOf(facts, workload) }));
  const isTrial = admissions.some(({ workload, admitsOwn }) => admitsOwn && !isWorthGuessing(facts, workload));
  const gateways = others.filter(({ gateway }) => gateway);
  const objects: Change[] = [
    // Its clients are outside, and have no name.
    ...gateways.flatMap((workload) =>
      allowFor(facts, workload, [{}]).map(
        (manifest) => ({ kind: 'add', manifest, beside: workload.resource }) as const,
      ),
    ),
    ...admissions.flatMap(({ workload, rules }) =>
      rules.length === 0
        ? []
        : allowFor(facts, workload, rules).map(
            (manifest) => ({ kind: 'add', manifest, beside: workload.resource }) as const,
          ),
    ),
    ...(behind.length > 0 ? [onlyWaypoints(namespace, [...waypoints.principals].sort(), home)] : []),
  ];
  // The ALLOW for waypoints has no selector: it is the default deny.
  if (behind.length === 0 && !hasDefaultDeny(enforcement, cluster, namespace))
    objects.push({ kind: 'add', manifest: defaultDeny(facts, namespace, cluster), beside: home });
  const changes = isTrial ? objects.map(onTrial) : objects;
  const unknown = admissions.filter(({ isUnknown }) => isUnknown).map(({ workload }) => workload);
  const callers = new Set(admissions.flatMap(({ callers: known }) => known.map(({ from }) => from.id)));
  return [
    {
      id: `${isTrial ? 'watch-callers' : 'deny-by-default'} ${namespaceKey(cluster, namespace)}`,
      summary: `${namespaceKey(cluster, namespace)}:${isTrial ? ' on trial (dry run), to see who would be refused:' : ''} default deny${behind.length > 0 ? ', and its waypoint alone gets to what stands behind it' : ''}${callers.size > 0 ? `, and ${callers.size} known caller${callers.size === 1 ? '' : 's'} by name` : ''}`,
      changes,
      destinations: open,
      senders: [],
      effort: isTrial ? 1 : 3,
      unknownCallers: isTrial ? [] : unknown,
      ...(isTrial ? { isTrial } : {}),
      unproven: [],
      preconditions: [],
      sideEffects: isTrial
        ? ['nothing is refused; proxies log and count who would be']
        : ['callers that are not named get 403 (HTTP) or a reset connection (TCP)'],
    },
  ];
}

/** In ambient, workloads whose ALLOW policies all stand at a waypoint: who goes past it meets none. */
function openAtZtunnel({ enforcement, mesh }: Facts, namespace: string, cluster: string): readonly Workload[] {
  const own = mesh.workloadsByNamespace.get(namespaceKey(cluster, namespace)) ?? [];
  return own.filter(
    (workload) =>
      workload.dataPlane.kind === 'ambient' && !workload.gateway && enforcement.ztunnel(workload).allow.length === 0,
  );
}

/** The same object, which proxies evaluate and do not enforce. */
function onTrial(change: Change): Change {
  if (change.kind !== 'add') return change;
  const { metadata, ...rest } = change.manifest;
  const annotated = { ...metadata, annotations: { 'istio.io/dry-run': 'true' } };
  return { ...change, manifest: { ...rest, metadata: annotated } };
}

interface Waypoints {
  /** Workloads all of whose services have a waypoint in front of them. */
  readonly behind: ReadonlySet<Workload>;
  readonly principals: ReadonlySet<string>;
}

function waypointsOf({ enforcement, mesh }: Facts, workloads: readonly Workload[]): Waypoints {
  const behind = new Set<Workload>();
  const principals = new Set<string>();
  for (const workload of workloads) {
    if (workload.dataPlane.kind !== 'ambient' || workload.gateway) continue;
    const found = workload.services.map((id) => {
      const service = mesh.serviceById.get(id);
      return service && waypointOf(enforcement, service);
    });
    if (found.length === 0 || found.some((waypoint) => !waypoint?.identity)) continue;
    behind.add(workload);
    for (const waypoint of found) if (waypoint?.identity) principals.add(waypoint.identity);
  }
  return { behind, principals };
}

const onlyWaypoints = (namespace: string, principals: readonly string[], beside: Workload['resource']): Change => ({
  kind: 'add',
  manifest: {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: 'allow-waypoint-only', namespace },
    spec: { action: 'ALLOW', rules: [{ from: [{ source: { principals } }] }] },
  },
  beside,
});
