import { withPolicies } from '../../graph/apply.ts';
import { ask } from '../../graph/ask.ts';
import { type Via, waysThrough } from '../../graph/ways-through.ts';
import type { Facts } from '../../graph/facts.ts';
import { type MeshService, principal, type Workload } from '../../model/inventory/types.ts';
import type { AuthorizationPolicy, AuthorizationRule } from '../../model/istio/authorization-policy.ts';
import type { Change } from '../../model/change/change.ts';
import { unsupportedIn } from '../../semantics/ambient/convert-policy.ts';
import { isDryRun } from '../../semantics/authz/dry-run.ts';
import { trustDomainsAtZtunnel } from '../../semantics/ambient/versions.ts';
import { waypointOf } from '../../semantics/ambient/waypoint.ts';
import type { Manifest } from '../../model/change/manifest.ts';
import { addObjects, changeSpec, setField } from '../changes.ts';
import { proposedResource } from '../proposed.ts';
import { fewOf } from '../workload-names.ts';
import { checkFlows, describeCheck } from '../check-flows.ts';
import { type DenyEffect, isRefusedBy } from './http-deny-probe.ts';
import { attachedTo, scopeOf } from '../policy-reach.ts';
import type { DenyFix } from './restrict-to-http.ts';
import { selectorOf } from '../select-workload.ts';

const MOST = 10;

/**
 * Moves the HTTP rules of a DENY to where HTTP is seen in ambient: a policy with targetRefs for each Service, at its waypoint, which is put in
 * place where there is none. What ztunnel can evaluate stays. Reference §4.3, §4.4, §15.12.
 */
export function denyAtWaypoint(facts: Facts, policy: AuthorizationPolicy, effects: readonly DenyEffect[]): DenyFix {
  const { enforcement } = facts;
  const attached = attachedTo(facts, policy);
  const name = `${policy.namespace}/${policy.name}`;
  const reached = servicesOf(
    facts,
    attached.filter(({ dataPlane }) => dataPlane.kind === 'ambient'),
  );
  const services = [...reached.values()].slice(0, MOST);
  if (services.length === 0) return withoutService(name);
  const rules = policy.spec.rules ?? [];
  const context = {
    rootNamespace: enforcement.rootNamespace,
    trustDomains: trustDomainsAtZtunnel(facts.mesh.version?.value),
  };
  const http = rules.filter((rule) => unsupportedIn(rule, context).length > 0);
  const rest = rules.filter((rule) => !http.includes(rule));
  const denies = services.map((each) => atWaypoint(policy, each, http));
  const covered =
    reached.size <= MOST && attached.every((workload) => services.some(({ behind }) => behind.includes(workload)));
  const missing = services.filter(({ service }) => !waypointOf(enforcement, service));
  const fresh = missing.length > 0 ? newWaypoints(facts, missing) : { manifests: [], labels: [], steps: [] };
  const left: readonly Change[] = !covered
    ? []
    : [rest.length > 0 ? changeSpec(policy, { ...policy.spec, rules: rest }) : { kind: 'remove', resource: policy }];
  return {
    summary: `deny it where HTTP is seen: targetRefs to ${fewOf(
      services.map(({ service }) => `Service ${service.id}`),
      3,
    )}${missing.length > 0 ? ', behind a waypoint' : ''}`,
    changes: [...addObjects(policy, [...fresh.manifests, ...denies]), ...fresh.labels, ...left],
    steps: [
      ...(missing.length === 0
        ? proofs(facts, { policy, effects, services, denies, keeps: covered ? rest : rules })
        : fresh.steps),
      ...(covered
        ? []
        : [
            `${name} also selects workloads that no waypoint can act for, or more than ${MOST} Services: it stays as it is for them; repeat the change, then take it out`,
          ]),
      'a waypoint acts only for what goes through it: clients with sidecars, callers outside the mesh and calls to a pod address bypass it, unless an ALLOW at the pods admits the waypoint alone',
    ],
  };
}

const withoutService = (name: string): DenyFix => ({
  summary: `put a Service and a waypoint in front of what ${name} selects`,
  changes: [],
  steps: [
    `no Service leads to the workloads that ${name} selects: without one no waypoint sees their HTTP; give them a Service with a waypoint and the policy targetRefs, or deny by caller and port alone`,
  ],
});

interface Reached {
  readonly service: MeshService;
  readonly behind: readonly Workload[];
}

function servicesOf({ enforcement }: Facts, workloads: readonly Workload[]): ReadonlyMap<string, Reached> {
  const found = new Map<string, { service: MeshService; behind: Workload[] }>();
  for (const workload of workloads) {
    for (const port of workload.ports) {
      for (const { service } of waysThrough(enforcement, port)) {
        const entry = found.get(service.id) ?? { service, behind: [] };
        if (!entry.behind.includes(workload)) entry.behind.push(workload);
        found.set(service.id, entry);
      }
    }
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The same rules for one Service; a waypoint sees the Service's ports, not the pod's. */
function atWaypoint(
  policy: AuthorizationPolicy,
  { service, behind }: Reached,
  rules: readonly AuthorizationRule[],
): Manifest {
  const mapped = rules.flatMap((rule): readonly AuthorizationRule[] => {
    if (!rule.to) return [rule];
    const to = rule.to.flatMap(({ operation = {} }) => {
      const { ports, notPorts, ...other } = operation;
      const positive = ports && servicePorts(service, behind, ports);
      if (positive?.length === 0) return [];
      const negative = notPorts && servicePorts(service, behind, notPorts);
      return [
        {
          operation: {
            ...other,
            ...(positive ? { ports: positive } : {}),
            ...(negative?.length ? { notPorts: negative } : {}),
          },
        },
      ];
    });
    return to.length > 0 ? [{ ...rule, to }] : [];
  });
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: `${policy.name}-at-${service.name}`, namespace: service.namespace },
    spec: {
      targetRefs: [{ group: '', kind: 'Service', name: service.name }],
      ...(policy.spec.action ? { action: policy.spec.action } : {}),
      rules: mapped,
    },
  };
}

function servicePorts(
  { id, ports }: MeshService,
  behind: readonly Workload[],
  written: readonly string[],
): readonly string[] {
  const leads = (number: number): boolean =>
    behind.some((workload) =>
      workload.ports.some(
        (own) =>
          written.includes(String(own.port)) &&
          own.services.some((each) => each.service === id && each.port === number),
      ),
    );
  return ports.filter(({ port }) => leads(port)).map(({ port }) => String(port));
}

interface Waypoints {
  readonly manifests: readonly Manifest[];
  /** The Services, told to use it. */
  readonly labels: readonly Change[];
  readonly steps: readonly string[];
}

const WAYPOINT = 'waypoint';

/** One waypoint per namespace. The pods then see its identity, so that it needs their permission, and their ALLOW policies a copy at it. */
function newWaypoints(facts: Facts, missing: readonly Reached[]): Waypoints {
  const { mesh, enforcement } = facts;
  const namespaces = [...new Set(missing.map(({ service }) => service.namespace))];
  const gateways = namespaces.map((namespace) => {
    const metadata = { name: WAYPOINT, namespace, labels: { 'istio.io/waypoint-for': 'service' } };
    const listeners = [{ name: 'mesh', port: 15008, protocol: 'HBONE' }];
    return {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata,
      spec: { gatewayClassName: 'istio-waypoint', listeners },
    };
  });
  const copies = new Map<string, Manifest>();
  const names: string[] = [];
  for (const reached of missing) {
    for (const workload of reached.behind) {
      const allow = enforcement
        .ztunnel(workload)
        .considered.filter((each) => (each.spec.action ?? 'ALLOW') === 'ALLOW' && !isDryRun(each));
      if (allow.length === 0) continue;
      names.push(...allow.map((each) => `${each.namespace}/${each.name}`));
      for (const each of allow)
        copies.set(`${each.name}@${reached.service.id}`, atWaypoint(each, reached, each.spec.rules ?? []));
      const matchLabels = selectorOf(mesh, workload);
      const own = principal(enforcement.configOf(workload).trustDomain.value, reached.service.namespace, WAYPOINT);
      const metadata = { name: `allow-waypoint-to-${workload.name}`, namespace: workload.namespace };
      const rules = [{ from: [{ source: { principals: [own] } }] }];
      if (matchLabels)
        copies.set(workload.id, {
          apiVersion: 'security.istio.io/v1',
          kind: 'AuthorizationPolicy',
          metadata,
          spec: { selector: { matchLabels }, action: 'ALLOW', rules },
        });
    }
  }
  const labels = missing.map(({ service }) =>
    setField(service.resource, ['metadata', 'labels', 'istio.io/use-waypoint'], WAYPOINT),
  );
  return {
    manifests: [...gateways, ...copies.values()],
    labels,
    steps: [
      'apply the Gateway and the policies first, wait until the Gateway has an address, and only then label the Services',
      ...(names.length > 0
        ? [
            `behind the waypoint the pods see its identity: the copies of ${fewOf([...new Set(names)], 3)} decide at the waypoint who may call, and the pods admit the waypoint`,
          ]
        : []),
    ],
  };
}

interface Proving {
  readonly policy: AuthorizationPolicy;
  readonly effects: readonly DenyEffect[];
  readonly services: readonly Reached[];
  readonly denies: readonly Manifest[];
  readonly keeps: readonly AuthorizationRule[];
}

/** Waypoints that are there: asked for the requests of the effects, through the Service. */
function proofs(facts: Facts, { policy, effects: all, services, denies, keeps }: Proving): readonly string[] {
  const written = new Set(services.flatMap(({ behind }) => behind));
  const effects = all.filter(({ question }) => written.has(question.workload));
  const add = denies.map((each) => proposedResource(each, policy.cluster));
  const kept = { ...policy, spec: { ...policy.spec, rules: [...keeps] } };
  const workloads = effects.map(({ question }) => question.workload);
  const scope = new Set([
    ...scopeOf(facts, workloads),
    policy.namespace,
    ...denies.flatMap(({ metadata }) => metadata.namespace ?? []),
  ]);
  const change = keeps.length > 0 ? { add: [...add, kept] } : { add, remove: [policy] };
  const after = withPolicies(facts.enforcement, change, scope);
  const through = (effect: DenyEffect): Via | undefined =>
    waysThrough(facts.enforcement, effect.question.port).find(({ service }) => waypointOf(facts.enforcement, service));
  const decided = effects.map((effect) => {
    const via = through(effect);
    const answer = ask(after, { ...effect.question, ...(via ? { via } : {}) });
    return { effect, refused: add.some((each) => isRefusedBy(answer, each)) };
  });
  const meant = decided.filter(({ effect }) => effect.kind === 'no-effect');
  const beyond = decided.filter(({ effect }) => effect.kind === 'blocks-more');
  const count = (list: typeof decided, refused: boolean): string =>
    `${list.filter((each) => each.refused === refused).length} of ${list.length}`;
  return [
    ...(meant.length > 0
      ? [
          `decided again on the model: through the waypoint, ${count(meant, true)} ports refuse the request that is meant`,
        ]
      : []),
    ...(beyond.length > 0
      ? [`decided again on the model: ${count(beyond, false)} ports take the requests that are not meant`]
      : []),
    describeCheck(checkFlows(facts, after, [...new Set(workloads)])),
  ];
}
