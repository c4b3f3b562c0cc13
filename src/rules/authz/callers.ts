import type { Facts } from '../../graph/facts.ts';
import { plaintextCallers } from '../../graph/plaintext-callers.ts';
import { namespaceKey, type Principal, type Workload } from '../../model/inventory/types.ts';
import { waypointOf } from '../../semantics/ambient/waypoint.ts';
import type { CompiledPeer, CompiledRule } from '../../semantics/network-policy/compile.ts';
import { selectPolicies } from '../../semantics/network-policy/policy-index.ts';
import { matchesSelector } from '../../model/inventory/label-selection.ts';

/** Somebody who has a reason to call a workload, and an identity by which a policy can name it. */
export interface NamedCaller {
  readonly from: Workload;
  readonly identity: Principal;
  /** Ports of the destination; empty: not told. */
  readonly ports: readonly number[];
  readonly methods: readonly string[];
  readonly paths: readonly string[];
  /** Wanted traffic, or what else names it. */
  readonly why: string;
}

/** Somebody who calls it and can prove no identity of the mesh: no policy can name it. */
export interface NamelessCaller {
  readonly caller: string;
  readonly port?: number;
  readonly why: string;
}

export interface Callers {
  readonly named: readonly NamedCaller[];
  readonly nameless: readonly NamelessCaller[];
}

/** Whom least privilege has to name: wanted traffic, the gateways of routes, its waypoint, and pods that a NetworkPolicy selects one by one. */
export function callersOf(facts: Facts, workload: Workload): Callers {
  const found = [
    ...wantedCallers(facts, workload),
    ...waypointCallers(facts, workload),
    ...selectedCallers(facts, workload),
  ];
  const named = new Map<string, NamedCaller>();
  for (const caller of found) {
    const key = JSON.stringify([caller.identity, caller.ports, caller.methods, caller.paths]);
    const sameCaller = [...named.values()].some(
      ({ identity, ports }) => identity === caller.identity && ports.length === 0,
    );
    // What a wanted flow says of a caller is narrower than what a selector says.
    if (!named.has(key) && !sameCaller) named.set(key, caller);
  }
  const nameless = plaintextCallers(facts, [workload]).map(({ caller, port, why }) => ({
    caller,
    why,
    ...(port === undefined ? {} : { port }),
  }));
  return { named: [...named.values()], nameless };
}

function wantedCallers(facts: Facts, workload: Workload): readonly NamedCaller[] {
  return facts.wanted.to(workload).flatMap((flow): readonly NamedCaller[] => {
    const from = flow.from === 'internet' ? undefined : facts.mesh.workloadById.get(flow.from);
    if (!from?.identity || from === workload) return [];
    const { port, methods = [], paths = [], basis } = flow;
    const why = from.dataPlane.kind === 'gateway' ? 'a route leads from it' : `wanted (${basis})`;
    return [{ from, identity: from.identity, ports: port === undefined ? [] : [port], methods, paths, why }];
  });
}

/** Behind a waypoint the pod sees the waypoint's identity. */
function waypointCallers({ enforcement, mesh }: Facts, workload: Workload): readonly NamedCaller[] {
  if (workload.dataPlane.kind !== 'ambient') return [];
  const waypoints = workload.services.flatMap((id) => {
    const service = mesh.serviceById.get(id);
    return service ? (waypointOf(enforcement, service) ?? []) : [];
  });
  return [...new Set(waypoints)].flatMap((from) =>
    from.identity ? [{ from, identity: from.identity, ports: [], methods: [], paths: [], why: 'its waypoint' }] : [],
  );
}

const MOST = 50;

/** Pods that an ingress NetworkPolicy of the workload picks by label: not all pods of a namespace, which names nobody. */
function selectedCallers({ enforcement, mesh }: Facts, workload: Workload): readonly NamedCaller[] {
  const { ingress } = selectPolicies(enforcement.network, workload);
  return ingress
    .flatMap(({ policy, ingress: rules }) =>
      (rules ?? []).flatMap((rule) =>
        (rule.peers ?? []).flatMap((peer) => {
          if (peer.kind !== 'pods' || isEmpty(peer.podSelector)) return [];
          return podsOf(mesh, workload, peer).flatMap((from) =>
            from.identity
              ? [
                  {
                    from,
                    identity: from.identity,
                    ports: portsOf(rule, workload),
                    methods: [],
                    paths: [],
                    why: `NetworkPolicy ${policy.namespace}/${policy.name} selects it`,
                  },
                ]
              : [],
          );
        }),
      ),
    )
    .slice(0, MOST);
}

type PodPeer = Extract<CompiledPeer, { kind: 'pods' }>;

function podsOf(
  mesh: Facts['mesh'],
  { cluster, namespace, id }: Workload,
  { namespaceSelector, podSelector }: PodPeer,
): readonly Workload[] {
  return mesh.workloads.filter((candidate) => {
    if (candidate.id === id || candidate.cluster !== cluster || candidate.hostNetwork) return false;
    if (!matchesSelector(podSelector ?? {}, candidate.labels)) return false;
    if (!namespaceSelector) return candidate.namespace === namespace;
    const labels = mesh.namespaces.get(namespaceKey(cluster, candidate.namespace))?.labels ?? {};
    return matchesSelector(namespaceSelector, { ...labels, 'kubernetes.io/metadata.name': candidate.namespace });
  });
}

function portsOf({ ports }: CompiledRule, workload: Workload): readonly number[] {
  const numbers = (ports ?? []).flatMap((port): readonly number[] => {
    if (port.kind === 'range' && port.first === port.last) return [port.first];
    return port.kind === 'name' ? workload.ports.filter(({ name }) => name === port.name).map((own) => own.port) : [];
  });
  return numbers.length === ports?.length ? numbers : [];
}

const isEmpty = (selector: PodPeer['podSelector']): boolean =>
  Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0;
