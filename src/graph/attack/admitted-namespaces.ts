import { type Mesh, namespaceKey, type Workload } from '../../model/inventory/types.ts';
import type { LabelSelector } from '../../model/k8s/label-selector.ts';
import { waypointOf } from '../../semantics/ambient/waypoint.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { CompiledPolicy } from '../../semantics/network-policy/compile.ts';
import { matchPeer, type SeenPeer, seePeer } from '../../semantics/network-policy/match.ts';
import { selectPolicies } from '../../semantics/network-policy/policy-index.ts';

/** Where more namespaces are let in, it does not pay to tell them apart. */
const MOST = 64;
const NAME = 'kubernetes.io/metadata.name';

/**
 * The namespaces whose pods NetworkPolicy may let in to a place: pods of any other are surely refused there, so that nobody has to ask for
 * each of them. It leaves out what policies say of pods and ports, which only refuses more.
 */
export class AdmittedNamespaces {
  readonly #enforcement: Enforcement;
  #plain: boolean | undefined;
  readonly #known = new Map<readonly CompiledPolicy[], ReadonlySet<string> | undefined>();
  readonly #unions = new Map<ReadonlySet<string>, Map<ReadonlySet<string>, ReadonlySet<string>>>();
  readonly #selected = new Map<string, readonly string[]>();
  #peers: ReadonlyMap<string, SeenPeer> | undefined;

  constructor(enforcement: Enforcement) {
    this.#enforcement = enforcement;
  }

  /** Undefined: namespaces do not tell. Pods in the network of their node are not among those that are meant. */
  of(to: Workload): ReadonlySet<string> | undefined {
    if (!this.#isPlain()) return undefined;
    const own = this.#to(to);
    // Some go through its waypoint, and it is the waypoint that is asked whether it takes these.
    const waypoint = own && to.dataPlane.kind === 'ambient' ? waypointOf(this.#enforcement, to) : undefined;
    if (!own || !waypoint) return own;
    const before = this.#to(waypoint);
    return before && this.#union(own, before);
  }

  /** Those that get to the pods of a workload. */
  #to(workload: Workload): ReadonlySet<string> | undefined {
    const { ingress } = selectPolicies(this.#enforcement.network, workload);
    if (ingress.length === 0) return undefined;
    if (!this.#known.has(ingress)) this.#known.set(ingress, this.#find(ingress, workload));
    return this.#known.get(ingress);
  }

  /** The same set for the same two. */
  #union(one: ReadonlySet<string>, other: ReadonlySet<string>): ReadonlySet<string> {
    const unions = this.#unions.get(one) ?? new Map<ReadonlySet<string>, ReadonlySet<string>>();
    this.#unions.set(one, unions);
    const known = unions.get(other) ?? new Set([...one, ...other]);
    unions.set(other, known);
    return known;
  }

  /** There are NetworkPolicies in one cluster and nothing else that decides; between networks a gateway would be let in. */
  #isPlain(): boolean {
    const { mesh, network } = this.#enforcement;
    this.#plain ??=
      mesh.cni !== 'ignores-network-policy' &&
      network.unmodelled.size === 0 &&
      network.admin.size === 0 &&
      mesh.clusterByName.size < 2 &&
      mesh.workloads.every(({ cluster }) => cluster === mesh.workloads[0]?.cluster);
    return this.#plain;
  }

  #find(policies: readonly CompiledPolicy[], { namespace }: Workload): ReadonlySet<string> | undefined {
    const found = new Set<string>();
    for (const rule of policies.flatMap(({ ingress }) => ingress ?? [])) {
      if (!rule.peers) return undefined;
      for (const peer of rule.peers) {
        if (peer.kind === 'block') return undefined;
        const { namespaceSelector } = peer;
        for (const name of namespaceSelector ? this.#select(namespaceSelector) : [namespace]) found.add(name);
        if (found.size > MOST) return undefined;
      }
    }
    return found;
  }

  #select(namespaceSelector: LabelSelector): readonly string[] {
    const key = JSON.stringify(namespaceSelector);
    let found = this.#selected.get(key);
    if (!found) {
      this.#peers ??= peersIn(this.#enforcement.mesh);
      const peers = this.#peers;
      const names = namesIn(namespaceSelector)?.filter((name) => peers.has(name)) ?? [...peers.keys()];
      found = names.filter((name) => {
        const seen = peers.get(name);
        return seen && matchPeer({ kind: 'pods', namespaceSelector }, '', seen).kind !== 'no';
      });
      this.#selected.set(key, found);
    }
    return found;
  }
}

/** The names that a selector asks for, if it does. */
function namesIn({ matchLabels, matchExpressions = [] }: LabelSelector): readonly string[] | undefined {
  const name = matchLabels?.[NAME];
  if (name !== undefined) return [name];
  return matchExpressions.find(({ key, operator }) => key === NAME && operator === 'In')?.values;
}

/** One pod of each namespace, as selectors of namespaces see it. */
function peersIn({ workloads, namespaces }: Mesh): ReadonlyMap<string, SeenPeer> {
  const found = new Map<string, SeenPeer>();
  for (const { cluster, namespace } of workloads) {
    if (found.has(namespace)) continue;
    const home = namespaces.get(namespaceKey(cluster, namespace));
    const namespaceLabels = home?.defined ? home.labels : null;
    const pod = { kind: 'pod', cluster, namespace, namespaceLabels, podLabels: {}, hostNetwork: false } as const;
    found.set(namespace, seePeer(pod, cluster, undefined));
  }
  return found;
}
