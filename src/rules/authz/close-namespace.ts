import { withPolicies } from '../../graph/apply.ts';
import type { Facts, PortFacts } from '../../graph/facts.ts';
import type { OpenPort } from '../../graph/opening.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { Manifest } from '../../model/change/manifest.ts';
import type { Resource } from '../../model/resource.ts';
import { addObjects } from '../changes.ts';
import { proposedResource } from '../proposed.ts';
import { allowRules } from './allow-rules.ts';
import { type Callers, callersOf } from './callers.ts';
import { closedByDefault, defaultDeny } from './default-deny.ts';
import { scopeOf } from '../policy-reach.ts';
import { allowFor, keptPorts, MOST_WORKLOADS, type Proposal } from './proposal.ts';

interface Open {
  readonly port: PortFacts;
  readonly opening: OpenPort;
}

/**
 * A default deny for a namespace without any, and an ALLOW for each workload of it that names who is known to call. In the root namespace,
 * where a policy without selector holds for the whole mesh, a policy for each workload alone.
 */
export function closeNamespace(facts: Facts, namespace: string, cluster: string, open: readonly Open[]): Proposal {
  const workloads = [
    ...new Set([...open.map(({ port }) => port.workload), ...closedByDefault(facts, namespace, cluster)]),
  ];
  const written = workloads.slice(0, MOST_WORKLOADS);
  const ports = written.flatMap((workload) => facts.ports(workload).filter(({ captured }) => captured.captured));
  const callers = new Map(written.map((workload) => [workload, callersOf(facts, workload)]));
  const kept = keptPorts(ports, callers);
  const isRoot = namespace === facts.enforcement.rootNamespace;
  const manifests: Manifest[] = [];
  for (const workload of written) {
    const own = ports.filter((each) => each.workload === workload).map(({ port }) => port.port);
    const left = kept.filter((each) => each.workload === workload).map(({ port }) => String(port));
    // A gateway's clients are outside, and have no name.
    const stays = workload.gateway ? own.map(String) : left;
    const named = workload.gateway ? [] : (callers.get(workload)?.named ?? []);
    const rules = [
      ...allowRules(workload, named, own),
      ...(stays.length > 0 ? [{ to: [{ operation: { ports: stays } }] }] : []),
    ];
    if (rules.length > 0 || (isRoot && !workload.gateway)) manifests.push(...allowFor(facts, workload, rules));
  }
  if (!isRoot) manifests.push(defaultDeny(facts, namespace, cluster));
  const beside = homeOf(facts, namespace, cluster, written);
  return {
    changes: beside ? addObjects(beside, manifests) : [],
    after: withPolicies(
      facts.enforcement,
      { add: manifests.map((each) => proposedResource(each, cluster)) },
      isRoot ? undefined : scopeOf(facts, written),
    ),
    callers,
    kept,
    denied: isRoot ? [] : [{ cluster, namespace }],
    omitted: workloads.length - written.length,
  };
}

/** Where traffic through a waypoint meets no policy: a default deny at the waypoint, and an ALLOW at each service that names its clients. */
export function closeWaypoint(facts: Facts, waypoint: Workload, open: readonly Open[]): Proposal {
  const workloads = [...new Set(open.map(({ port }) => port.workload))];
  const written = workloads.slice(0, MOST_WORKLOADS);
  const { cluster } = waypoint;
  const callers = new Map(
    written.map((workload): [Workload, Callers] => {
      const { named, nameless } = callersOf(facts, workload);
      return [workload, { named: named.filter(({ from }) => from.gateway?.kind !== 'waypoint'), nameless }];
    }),
  );
  const gatewayName = waypoint.gateway?.gatewayName ?? waypoint.name;
  const manifests: Manifest[] = written.flatMap((workload) => allowAtServices(facts, workload, callers.get(workload)));
  manifests.push({
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: `${gatewayName}-default-deny`, namespace: waypoint.namespace },
    spec: { targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: gatewayName }] },
  });
  return {
    changes: addObjects(waypoint.resource, manifests),
    after: withPolicies(
      facts.enforcement,
      { add: manifests.map((each) => proposedResource(each, cluster)) },
      new Set([...scopeOf(facts, written), waypoint.namespace]),
    ),
    callers,
    kept: [],
    denied: [],
    omitted: workloads.length - written.length,
  };
}

/** At a waypoint `ports` mean those of the service, so that none are written. */
function allowAtServices({ mesh }: Facts, workload: Workload, callers: Callers | undefined): readonly Manifest[] {
  const named = (callers?.named ?? []).map((caller) => ({ ...caller, ports: [] }));
  if (named.length === 0) return [];
  return workload.services.flatMap((id): readonly Manifest[] => {
    const service = mesh.serviceById.get(id);
    if (!service) return [];
    const metadata = { name: `allow-${service.name}-callers`, namespace: service.namespace };
    const spec = {
      targetRefs: [{ group: '', kind: 'Service', name: service.name }],
      action: 'ALLOW',
      rules: allowRules(workload, named, []),
    };
    return [{ apiVersion: 'security.istio.io/v1', kind: 'AuthorizationPolicy', metadata, spec }];
  });
}

function homeOf(
  { mesh }: Facts,
  namespace: string,
  cluster: string,
  workloads: readonly Workload[],
): Resource | undefined {
  return mesh.resources.find('Namespace', '', namespace, cluster) ?? workloads[0]?.resource;
}
