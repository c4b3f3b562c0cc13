import { byOf } from '../model/by.ts';
import { workloadsNamed } from '../model/inventory/named-workloads.ts';
import type { Mesh, Principal, Workload, WorkloadId } from '../model/inventory/types.ts';
import type { AuthorizationPolicy } from '../model/istio/authorization-policy.ts';
import { waypointOf, waypointPolicies } from '../semantics/ambient/waypoint.ts';
import { actionOf } from '../semantics/authz/compile.ts';
import { isDryRun } from '../semantics/authz/dry-run.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import { groupBy } from '../util/group-by.ts';
import { waysThrough } from './ways-through.ts';
import type { Entrances, Flow, WantedTraffic } from './facts.ts';

/** What `meshproof.yaml` declares. `to` is `ns/workload` or `ns/workload:port`. */
export interface StatedFlow {
  readonly from: string;
  readonly to: string;
  readonly methods?: readonly string[];
  readonly paths?: readonly string[];
}

/**
 * Flows that have to go on. Declared ones, and those that somebody accepted out of telemetry; for a destination without any, those implied by an
 * ALLOW that names principals one by one, each held by one workload; and what routes of gateways lead to it.
 */
export function wantedTraffic(
  enforcement: Enforcement,
  { declared, accepted }: { readonly declared: readonly StatedFlow[]; readonly accepted: readonly StatedFlow[] },
  entrances: Entrances,
): WantedTraffic {
  const { mesh } = enforcement;
  const stated = [
    ...declared.flatMap((flow) => statedFlows(mesh, flow, 'declared')),
    ...accepted.flatMap((flow) => statedFlows(mesh, flow, 'accepted')),
  ];
  const statedFor = new Set(stated.map(({ to }) => to));
  const flows: Flow[] = [...stated];
  for (const workload of mesh.workloads) {
    if (!statedFor.has(workload.id)) flows.push(...impliedFlows(enforcement, workload));
    flows.push(...routedFlows(workload, entrances));
  }
  return indexFlows(flows, ({ id }) => statedFor.has(id));
}

/** Flows by where they lead and where they come from. */
export function indexFlows(flows: readonly Flow[], isStated: WantedTraffic['isStated']): WantedTraffic {
  const to = groupBy(flows, (flow) => flow.to);
  const from = groupBy(flows, (flow) => flow.from);
  return { flows, to: ({ id }) => to.get(id) ?? [], from: ({ id }) => from.get(id) ?? [], isStated };
}

/** What a flow is between. Names without a cluster mean the workloads of all clusters that have them. */
export function partiesOf(
  mesh: Mesh,
  { from, to }: Pick<StatedFlow, 'from' | 'to'>,
): { readonly from: readonly (WorkloadId | 'internet')[]; readonly to: readonly WorkloadId[]; readonly port?: number } {
  const [, name = '', port] = /^(.*?)(?::(\d+))?$/.exec(to) ?? [];
  const ids = (text: string): readonly WorkloadId[] => workloadsNamed(mesh, text).map(({ id }) => id);
  return {
    from: from === 'internet' ? [from] : ids(from),
    to: ids(name),
    ...(port === undefined ? {} : { port: Number(port) }),
  };
}

function statedFlows(mesh: Mesh, flow: StatedFlow, basis: 'declared' | 'accepted'): readonly Flow[] {
  const { methods, paths } = flow;
  const { from: senders, to: targets, port } = partiesOf(mesh, flow);
  const operation = {
    ...(port === undefined ? {} : { port }),
    ...(methods ? { methods } : {}),
    ...(paths ? { paths } : {}),
  };
  return senders.flatMap((from) =>
    targets.flatMap((to): readonly Flow[] => (from === to ? [] : [{ from, to, basis, ...operation }])),
  );
}

/** A shared identity implies nothing: nobody can tell which of its holders was meant. */
function impliedFlows(enforcement: Enforcement, workload: Workload): readonly Flow[] {
  if (workload.dataPlane.kind === 'none') return [];
  const flows: Flow[] = [];
  for (const { policy, portOf } of policiesFor(enforcement, workload)) {
    if (actionOf(policy) !== 'ALLOW' || isDryRun(policy)) continue;
    policy.spec.rules?.forEach((rule, index) => {
      const operations = (rule.to ?? []).map(({ operation }) => operation ?? {});
      const methods = unique(operations.flatMap((operation) => operation.methods ?? []));
      const paths = unique(operations.flatMap((operation) => operation.paths ?? []));
      const ports = unique(operations.flatMap((operation) => operation.ports ?? [])).map((port) =>
        portOf(Number(port)),
      );
      for (const named of (rule.from ?? []).flatMap(({ source }) => source?.principals ?? [])) {
        const holders = enforcement.holdersOf(named as Principal);
        const [holder] = holders;
        if (holders.length !== 1 || !holder || holder === workload) continue;
        flows.push({
          from: holder.id,
          to: workload.id,
          basis: 'implied',
          by: byOf(policy, { rule: index, path: ['spec', 'rules', index] }),
          ...(ports.length === 1 && ports[0] !== undefined ? { port: ports[0] } : {}),
          ...(methods.length > 0 ? { methods } : {}),
          ...(paths.length > 0 ? { paths } : {}),
        });
      }
    });
  }
  return flows;
}

interface Naming {
  readonly policy: AuthorizationPolicy;
  /** The workload's own port for one that the policy names: at a waypoint policies mean those of the service. */
  readonly portOf: (port: number) => number;
}

/** Policies at the workload's own proxy, and at the waypoints of its services. */
function policiesFor(enforcement: Enforcement, workload: Workload): readonly Naming[] {
  const own = enforcement.envoy(workload).authorization.map((policy): Naming => ({ policy, portOf: (port) => port }));
  if (workload.dataPlane.kind !== 'ambient') return own;
  const seen = new Set<AuthorizationPolicy>();
  const ways = workload.ports.flatMap((port) => waysThrough(enforcement, port).map((via) => ({ port, via })));
  const portOf = (wanted: number): number => ways.find(({ via }) => via.port.port === wanted)?.port.port ?? wanted;
  for (const { port, via } of ways) {
    const waypoint = waypointOf(enforcement, via.service);
    if (!waypoint) continue;
    const destination = { workload, port: port.port, via };
    for (const policy of waypointPolicies(enforcement, { destination }, waypoint).authorization) seen.add(policy);
  }
  return [...own, ...[...seen].map((policy): Naming => ({ policy, portOf }))];
}

function routedFlows(workload: Workload, entrances: Entrances): readonly Flow[] {
  const flows: Flow[] = [];
  for (const port of workload.ports) {
    const ways = [...entrances.of(workload, port.port), ...entrances.inside(workload, port.port)];
    for (const { gateway, asClient, through = [], by, request } of ways) {
      // Of several gateways in a row each has its own routes; what passes on what others send is no caller itself.
      if (!gateway || asClient || through.length > 0) continue;
      const flow: Flow = {
        from: gateway.id,
        to: workload.id,
        port: port.port,
        basis: 'implied',
        ...(by ? { by } : {}),
      };
      const path = request.http?.path;
      flows.push(path === undefined ? flow : { ...flow, paths: [path.endsWith('*') ? path : `${path}*`] });
    }
  }
  return flows;
}

const unique = <T>(items: readonly T[]): readonly T[] => [...new Set(items)];
