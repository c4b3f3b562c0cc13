import type { Facts } from '../../graph/facts.ts';
import { podSpecOf, podSpecPath } from '../../graph/attack/pod-spec.ts';
import { objectOf } from '../../model/by.ts';
import { type Workload, serviceId } from '../../model/inventory/types.ts';
import type { Service } from '../../model/k8s/service.ts';
import { foreignIngresses } from '../../semantics/gateway/foreign-ingress.ts';
import { type Candidate, type Fix, nameOf, type Problem, targetsOf } from '../candidate.ts';
import type { FieldEdit } from '../../model/change/change.ts';
import { isNamespaceStated, isWorthGuessing } from './admit.ts';

/**
 * A Service of type LoadBalancer or NodePort, external addresses, or a port of the node in front of a workload that nobody outside the cluster
 * has to reach: an address in the cluster alone. Gateways are what is exposed on purpose, and are never a cause here.
 */
export const hideFromOutside: Fix = {
  id: 'hide-from-outside',
  propose(facts, problem) {
    const targets = exposed(problem);
    if (targets.length === 0 || obstacleOf(facts, problem) !== undefined) return [];
    const service = serviceOf(problem);
    return service
      ? [hideService(facts, service, targets)]
      : targets.flatMap((each) => freePorts(facts, each, problem));
  },

  whyNot: (facts, problem) => (exposed(problem).length > 0 ? obstacleOf(facts, problem) : undefined),
};

const exposed = ({ hops }: Problem): readonly Workload[] => targetsOf(hops.filter(({ pivot }) => pivot === 'entry'));

function serviceOf({ cause }: Problem): Service | undefined {
  return cause.kind === 'Service' ? (objectOf(cause)?.resource as Service | undefined) : undefined;
}

function obstacleOf(facts: Facts, problem: Problem): string | undefined {
  const { cause } = problem;
  const service = serviceOf(problem);
  if (!service && !exposed(problem).some(({ resource }) => isSame(resource, cause))) return undefined;
  const [behind] =
    (service && foreignIngresses(facts.mesh).get(serviceId(service.cluster, service.namespace, service.name))) ?? [];
  if (behind)
    return `${behind.what} leads to Service ${nameOf(cause)} and may need it to be of its type: take the route out there first`;
  for (const workload of behindOf(facts, problem)) {
    const { id } = workload;
    if (facts.wanted.to(workload).some(({ from }) => from === 'internet'))
      return `${id} has to be reached from outside on another port of ${cause.kind} ${nameOf(cause)}: give each a Service of its own`;
    if (!facts.wanted.isStated(workload) && !isNamespaceStated(facts, workload) && !isWorthGuessing(facts, workload))
      return `nobody said whether ${id} has to be reached from outside: declare its callers as \`wanted\`, \`internet\` among them if it has to`;
    if (workload.hostNetwork) return `${id} uses the network of its node, so that all of its ports are open there`;
  }
  return undefined;
}

/** All that stands behind the Service, or has the port of the node. */
function behindOf({ mesh }: Facts, problem: Problem): readonly Workload[] {
  const service = serviceOf(problem);
  if (!service) return exposed(problem);
  const found = mesh.serviceById.get(serviceId(service.cluster, service.namespace, service.name));
  return (found?.workloads ?? []).flatMap((id) => mesh.workloadById.get(id) ?? []);
}

const isSame = ({ kind, namespace, name }: Workload['resource'], cause: Problem['cause']): boolean =>
  kind === cause.kind && namespace === cause.namespace && name === cause.name;

/** Fields that only a Service with an address outside may have. */
const OUTSIDE = [
  'externalIPs',
  'externalTrafficPolicy',
  'loadBalancerIP',
  'loadBalancerClass',
  'loadBalancerSourceRanges',
  'allocateLoadBalancerNodePorts',
] as const;

function hideService(facts: Facts, service: Service, targets: readonly Workload[]): Candidate {
  const { spec } = service;
  const edits: FieldEdit[] = [];
  if (spec.type !== undefined && spec.type !== 'ClusterIP')
    edits.push({ op: 'set', path: ['spec', 'type'], value: 'ClusterIP' });
  for (const field of OUTSIDE) if (spec[field] !== undefined) edits.push({ op: 'delete', path: ['spec', field] });
  for (const [index, { nodePort }] of (spec.ports ?? []).entries())
    if (nodePort !== undefined) edits.push({ op: 'delete', path: ['spec', 'ports', index, 'nodePort'] });
  return {
    ...shared(facts, targets),
    id: `hide-from-outside Service ${nameOf(service)}`,
    summary: `Service ${nameOf(service)}: an address in the cluster alone (ClusterIP), since nobody outside has to call ${names(targets)}`,
    changes: [{ kind: 'edit', resource: service, edits }],
    effort: 1,
    sideEffects: [
      'its address outside and the ports of the nodes go at once; a load balancer that is made again may get another address',
    ],
  };
}

/** A container port that is also one of the node. */
function freePorts(facts: Facts, workload: Workload, { hops }: Problem): readonly Candidate[] {
  const ports = new Set(hops.map(({ port }) => port));
  const edits = (podSpecOf(workload).containers ?? []).flatMap(({ ports: own = [] }, container) =>
    own.flatMap(({ containerPort, hostPort }, index): readonly FieldEdit[] =>
      hostPort !== undefined && ports.has(containerPort)
        ? [{ op: 'delete', path: podSpecPath(workload, 'containers', container, 'ports', index, 'hostPort') }]
        : [],
    ),
  );
  if (edits.length === 0) return [];
  const { resource } = workload;
  return [
    {
      ...shared(facts, [workload]),
      id: `hide-from-outside ${resource.kind} ${nameOf(resource)}`,
      summary: `${workload.id}: no port of its node (hostPort), since nobody outside has to call it`,
      changes: [{ kind: 'edit', resource, edits }],
      senders: [workload],
      effort: 3,
      sideEffects: ['its pods restart', 'whoever calls it by the address of a node has to use its Service'],
    },
  ];
}

function shared({ wanted }: Facts, targets: readonly Workload[]) {
  return {
    destinations: targets,
    senders: [],
    unknownCallers: targets.filter((target) => !wanted.isStated(target)),
    unproven: [],
    preconditions: [`for a week nobody has called ${names(targets)} from outside the cluster: access logs tell`],
  };
}

const names = (workloads: readonly Workload[]): string => workloads.map(({ id }) => id).join(', ');
