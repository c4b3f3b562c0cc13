import type { Facts } from '../../graph/facts.ts';
import { waysThrough } from '../../graph/ways-through.ts';
import { type MeshService, type Principal, principal, type Workload } from '../../model/inventory/types.ts';
import type { AuthorizationPolicy, AuthorizationRule } from '../../model/istio/authorization-policy.ts';
import { allowRules } from '../../rules/authz/allow-rules.ts';
import { callersOf, type NamedCaller } from '../../rules/authz/callers.ts';
import { attachedTo } from '../../rules/policy-reach.ts';
import { selectorOf } from '../../rules/select-workload.ts';
import { waypointOf } from '../../semantics/ambient/waypoint.ts';
import { actionOf } from '../../semantics/authz/compile.ts';
import { isDryRun } from '../../semantics/authz/dry-run.ts';
import { type Candidate, type Fix, nameOf, type Problem, targetsOf } from '../candidate.ts';
import type { Change } from '../../model/change/change.ts';

/**
 * In ambient, a caller that may send more than the methods and paths that are wanted: ztunnel sees no HTTP, so that the Service gets a waypoint
 * with the ALLOW by operation, and the pods admit the waypoint alone. Callers that no waypoint sees (gateways, sidecars) stay admitted at the
 * pods by name. Source: reference §4.3, §15.12; istio.io, Configure waypoint proxies.
 */
export const addWaypoint: Fix = {
  id: 'add-waypoint',
  propose(facts, problem) {
    return placesFor(facts, problem).flatMap((place) => ('why' in place ? [] : candidateFor(facts, place)));
  },

  whyNot(facts, problem) {
    return placesFor(facts, problem).flatMap((place) => ('why' in place ? [place.why] : []))[0];
  },
};

/** A workload in ambient with a Service of its own, and what admits callers to it at ztunnel. */
interface Place {
  readonly workload: Workload;
  readonly service: MeshService;
  readonly admitting: readonly AuthorizationPolicy[];
  /** Some ALLOW applies at ztunnel, be it an empty one: what none of them names is refused. */
  readonly isClosed: boolean;
}

function placesFor(facts: Facts, { cause, hops }: Problem): readonly (Place | { readonly why: string })[] {
  if (cause.kind !== 'AuthorizationPolicy' && cause.kind !== 'Namespace') return [];
  const targets = targetsOf(hops.filter(({ pivot, who }) => pivot === 'reach' && who === 'workloads'));
  return targets.flatMap((workload) => {
    const isByOperation = facts.wanted.to(workload).some(({ methods, paths }) => methods ?? paths);
    if (workload.dataPlane.kind !== 'ambient' || !isByOperation) return [];
    return [placeOf(facts, workload)];
  });
}

function placeOf(facts: Facts, workload: Workload): Place | { readonly why: string } {
  const { enforcement } = facts;
  const needs = `${workload.id} needs a waypoint, since ztunnel sees no HTTP`;
  const services = new Set(
    workload.ports.flatMap((port) => waysThrough(enforcement, port).map(({ service }) => service)),
  );
  const [service, ...others] = services;
  if (!service) return { why: `${needs}: no Service leads to it` };
  if (others.length > 0 || service.workloads.length !== 1)
    return { why: `${needs}: give it a single Service of its own` };
  if (waypointOf(enforcement, service)) return { why: `${workload.id}: narrow the ALLOW at its waypoint` };
  const allow = enforcement
    .ztunnel(workload)
    .considered.filter((policy) => actionOf(policy) === 'ALLOW' && !isDryRun(policy));
  const admitting = allow.filter(({ spec }) => (spec.rules ?? []).length > 0);
  const shared = admitting.find((policy) => attachedTo(facts, policy).length !== 1);
  if (shared)
    return { why: `${needs}: ${nameOf(shared)} admits callers to others too; give each workload an ALLOW of its own` };
  return selectorOf(facts.mesh, workload)
    ? { workload, service, admitting, isClosed: allow.length > 0 }
    : { why: `${needs}: no label tells its pods from others of its namespace` };
}

const USE = 'istio.io/use-waypoint';

function candidateFor(facts: Facts, { workload, service, admitting, isClosed }: Place): readonly Candidate[] {
  const { name, gateway } = waypointFor(facts, workload);
  const trustDomain = facts.enforcement.configOf(workload).trustDomain.value;
  const own = principal(trustDomain, workload.namespace, name);
  const { named } = callersOf(facts, workload);
  // What comes from ambient pods by the Service's name goes through the waypoint.
  const seen = named.filter(({ from }) => from.dataPlane.kind === 'ambient');
  const direct = named.filter(({ from }) => from.dataPlane.kind !== 'ambient' && from.gateway?.kind !== 'waypoint');
  const rules = rulesAtWaypoint(service, workload, seen);
  if (rules.length === 0) return [];
  const { resource } = workload;
  const atPods: Change = {
    kind: 'add',
    manifest: allow(workload, `allow-waypoint-to-${workload.name}`, {
      selector: { matchLabels: selectorOf(facts.mesh, workload) },
      action: 'ALLOW',
      rules: rulesAtPods(workload, own, direct),
    }),
    beside: resource,
  };
  const throughIt: Change = {
    kind: 'edit',
    resource: service.resource,
    edits: [{ op: 'set', path: ['metadata', 'labels', USE], value: name }],
  };
  return [
    {
      id: `add-waypoint ${service.id}`,
      summary: `Service ${service.id}: behind waypoint \`${name}\`, which admits ${new Set(seen.map(({ identity }) => identity)).size} known callers by method and path; the pods admit the waypoint`,
      changes: [
        ...gateway.map((manifest) => ({ kind: 'add', manifest, beside: resource }) as const),
        {
          kind: 'add',
          manifest: allow(workload, `allow-${workload.name}-callers-at-waypoint`, {
            targetRefs: [{ group: '', kind: 'Service', name: service.name }],
            action: 'ALLOW',
            rules,
          }),
          beside: resource,
        },
        // The first ALLOW at the pods refuses all others, so that where there is none calls go through the waypoint before.
        ...(isClosed ? [atPods, throughIt] : [throughIt, atPods]),
        ...admitting.map((policy) => ({ kind: 'remove', resource: policy }) as const),
      ],
      destinations: [workload],
      senders: [],
      effort: 4,
      unknownCallers: facts.wanted.isStated(workload) ? [] : [workload],
      unproven: [],
      preconditions: [
        'the CRDs of the Gateway API are installed, and the Gateway has an address (kubectl get gateway) before the Service is labelled',
        'callers use the name of the Service, not the addresses of pods, which the pods refuse afterwards',
      ],
      sideEffects: [
        `the pods see the identity of waypoint \`${name}\` in place of the caller's`,
        'HTTP calls take one hop more, and fail while the waypoint is down: give it two replicas',
      ],
    },
  ];
}

const allow = ({ namespace }: Workload, name: string, spec: object) => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { name: name.slice(0, 253), namespace },
  spec,
});

/** The namespace's own waypoint for services, or a new one. */
function waypointFor({ mesh }: Facts, { cluster, namespace }: Workload) {
  const there = mesh.resources
    .inNamespace('KubernetesGateway', namespace, cluster)
    .find(
      ({ spec, labels }) =>
        spec.gatewayClassName === 'istio-waypoint' &&
        ['service', 'all'].includes(labels['istio.io/waypoint-for'] ?? 'service'),
    );
  if (there) return { name: there.name, gateway: [] };
  const isTaken = mesh.resources.find('KubernetesGateway', namespace, 'waypoint', cluster) !== undefined;
  const name = isTaken ? 'waypoint-for-services' : 'waypoint';
  const gateway = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name, namespace, labels: { 'istio.io/waypoint-for': 'service' } },
    spec: { gatewayClassName: 'istio-waypoint', listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE' }] },
  };
  return { name, gateway: [gateway] };
}

/** A waypoint sees the ports of the Service, and HTTP where these speak it. */
function rulesAtWaypoint(
  service: MeshService,
  workload: Workload,
  callers: readonly NamedCaller[],
): readonly AuthorizationRule[] {
  const leadingTo = (port: number): readonly number[] =>
    workload.ports
      .filter((own) => own.port === port)
      .flatMap(({ services }) => services.flatMap((each) => (each.service === service.id ? [each.port] : [])));
  const ports = service.ports.map(({ port, chain }) => ({ ...EMPTY_PORT, port, chain }));
  const proxied: Workload = { ...workload, ports, dataPlane: { ...workload.dataPlane, kind: 'sidecar' } };
  const named = callers.map((caller) => ({ ...caller, ports: caller.ports.flatMap(leadingTo) }));
  return allowRules(
    proxied,
    named,
    ports.map(({ port }) => port),
  );
}

const EMPTY_PORT = { transport: 'TCP', protocol: 'auto', services: [], declaredBy: 'service', probed: false } as const;

function rulesAtPods(
  workload: Workload,
  waypoint: Principal,
  direct: readonly NamedCaller[],
): readonly AuthorizationRule[] {
  const ports = workload.ports.filter(({ transport }) => transport === 'TCP').map(({ port }) => port);
  return [{ from: [{ source: { principals: [waypoint] } }] }, ...allowRules(workload, direct, ports)];
}
