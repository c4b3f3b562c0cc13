import { networkOf } from '../../model/inventory/clusters.ts';
import type { Workload, WorkloadPort } from '../../model/inventory/types.ts';
import type { NetworkPolicy, NetworkPolicyPeer } from '../../model/k8s/network-policy.ts';
import type { Position } from '../../semantics/attempt.ts';
import { shareNetwork } from '../../semantics/clusters.ts';
import { decide } from '../../semantics/decide.ts';
import type { Destination, Source } from '../../semantics/query.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { AdmittedNamespaces } from './admitted-namespaces.ts';
import { selectPolicies } from '../../semantics/network-policy/policy-index.ts';
import { strangerOf } from '../../semantics/stranger.ts';
import { addressesFrom } from '../across-networks.ts';

type Outcome = 'allow' | 'deny' | 'unknown';

/**
 * What NetworkPolicy says between places, asked once for places that no policy can tell apart: those of one namespace that the same policies
 * isolate, and whose labels are the same as far as any peer of a policy looks at them.
 */
export class NetworkPlaces {
  readonly #enforcement: Enforcement;
  /** Label keys that peers are told apart by; undefined: all. */
  readonly #keys: readonly string[] | undefined;
  readonly #byAddress: boolean;
  readonly #sources = new Map<Workload, string>();
  readonly #targets = new Map<Workload, string>();
  readonly #isolatedTargets = new Map<Workload, boolean>();
  readonly #isolatedSources = new Map<Workload, boolean>();
  readonly #isolations = new Map<unknown, number>();
  readonly #answers = new Map<string, Map<string, Outcome>>();
  /** Workloads are on several networks, between which only east-west gateways lead. */
  readonly #isSplit: boolean;
  /** There are NetworkPolicies and nothing else that decides. */
  readonly #isPlain: boolean;
  /** Where one has to be at least. */
  readonly admitted: AdmittedNamespaces;
  /** No policy of the network is enforced. */
  readonly #isOpen: boolean;

  constructor(enforcement: Enforcement) {
    const { mesh, network } = enforcement;
    this.#enforcement = enforcement;
    this.admitted = new AdmittedNamespaces(enforcement);
    this.#isOpen =
      mesh.cni === 'ignores-network-policy' ||
      (network.namespaces.size === 0 && network.unmodelled.size === 0 && network.admin.size === 0);
    this.#isPlain = network.unmodelled.size === 0 && network.admin.size === 0;
    this.#isSplit =
      mesh.clusterByName.size > 1 &&
      mesh.workloads.some((each) => !shareNetwork(mesh, each, mesh.workloads[0] ?? each));
    const peers = mesh.resources.of('NetworkPolicy').flatMap(peersOf);
    this.#byAddress = network.admin.size > 0 || peers.some(({ ipBlock }) => ipBlock !== undefined);
    this.#keys = network.admin.size > 0 ? undefined : [...new Set(peers.flatMap(keysOf))].sort();
  }

  /** Sources of one class are the same to every policy of the network. */
  classOf(workload: Workload): string {
    let found = this.#sources.get(workload);
    if (found === undefined) {
      const { egress } = selectPolicies(this.#enforcement.network, workload);
      const net = this.#isSplit ? ` ${networkOf(this.#enforcement.mesh.clusterByName, workload)}` : '';
      found = `${this.#describe(workload)} ${this.#numberOf(egress)}${net}`;
      this.#sources.set(workload, found);
    }
    return found;
  }

  /** Whether packets from a place get to a port, whatever they say. */
  admits(
    position: Position,
    to: Workload,
    { port, transport }: Pick<WorkloadPort, 'port' | 'transport'>,
    connects: 'mtls' | 'plaintext',
  ): Outcome {
    if (this.#isSplit && position.kind === 'workload' && !shareNetwork(this.#enforcement.mesh, position.workload, to))
      return this.#crosses(position, to, { port, transport }, connects);
    if (this.#isOpen || (this.#isPlain && !this.#isIsolated(position, to))) return 'allow';
    const from = position.kind === 'workload' ? this.classOf(position.workload) : `(${position.kind})`;
    return this.#remember(from, `${this.#targetOf(to)} ${port} ${transport} ${connects}`, () => {
      const identity = connects === 'mtls' && position.kind === 'workload' ? position.workload.identity : null;
      return this.#ask({ position, identity, connects }, { workload: to, port }, transport);
    });
  }

  #ask(source: Source, destination: Destination, transport: WorkloadPort['transport']): Outcome {
    return decide(this.#enforcement, { client: 'attacker', source, destination, transport, at: 'network-policy' })
      .outcome;
  }

  #remember(from: string, to: string, find: () => Outcome): Outcome {
    const answers = this.#answers.get(from) ?? new Map<string, Outcome>();
    this.#answers.set(from, answers);
    const answer = answers.get(to) ?? find();
    answers.set(to, answer);
    return answer;
  }

  /** From another network: with a certificate of the mesh, to services that an east-west gateway leads to. */
  #crosses(
    position: Extract<Position, { readonly kind: 'workload' }>,
    to: Workload,
    { port, transport }: Pick<WorkloadPort, 'port' | 'transport'>,
    connects: 'mtls' | 'plaintext',
  ): Outcome {
    if (connects === 'plaintext') return 'deny';
    const { workload } = position;
    return this.#remember(`${this.classOf(workload)} across`, `${to.id} ${port} ${transport}`, () => {
      const identity = workload.identity ?? strangerOf(this.#enforcement.configOf(workload).trustDomain.value);
      const outcomes = addressesFrom(this.#enforcement, position, { workload: to, port }).map((destination) =>
        this.#ask({ position, identity, connects }, destination, transport),
      );
      return (['allow', 'unknown'] as const).find((outcome) => outcomes.includes(outcome)) ?? 'deny';
    });
  }

  #isIsolated(position: Position, to: Workload): boolean {
    return (
      this.#isolatedIn(to, 'ingress') || (position.kind === 'workload' && this.#isolatedIn(position.workload, 'egress'))
    );
  }

  #isolatedIn(workload: Workload, direction: 'ingress' | 'egress'): boolean {
    const known = direction === 'ingress' ? this.#isolatedTargets : this.#isolatedSources;
    let isolated = known.get(workload);
    if (isolated === undefined) {
      isolated = selectPolicies(this.#enforcement.network, workload)[direction].length > 0;
      known.set(workload, isolated);
    }
    return isolated;
  }

  /** Of a destination also its named ports, which are looked up at the pod that serves them, and whether it takes HBONE. */
  #targetOf(workload: Workload): string {
    let found = this.#targets.get(workload);
    if (found === undefined) {
      const { ingress } = selectPolicies(this.#enforcement.network, workload);
      const names = ingress.length === 0 ? [] : workload.ports.map(({ name, port }) => `${name ?? ''}=${port}`);
      found = `${this.#describe(workload)} ${this.#numberOf(ingress)} ${workload.dataPlane.kind} ${names.join()}`;
      this.#targets.set(workload, found);
    }
    return found;
  }

  #numberOf(isolation: readonly unknown[]): number {
    if (isolation.length === 0) return 0;
    const known = this.#isolations.get(isolation) ?? this.#isolations.size + 1;
    this.#isolations.set(isolation, known);
    return known;
  }

  #describe({ cluster, namespace, labels, hostNetwork, addresses }: Workload): string {
    const keys = this.#keys ?? Object.keys(labels).sort();
    const seen = keys.flatMap((key) => (labels[key] === undefined ? [] : [`${key}=${labels[key]}`]));
    return [cluster, namespace, hostNetwork ? 'host' : '', this.#byAddress ? addresses.join() : '', ...seen].join(' ');
  }
}

function peersOf({ spec: { ingress, egress } }: NetworkPolicy): readonly NetworkPolicyPeer[] {
  return [...(ingress ?? []).flatMap(({ from }) => from ?? []), ...(egress ?? []).flatMap(({ to }) => to ?? [])];
}

function keysOf({ podSelector }: NetworkPolicyPeer): readonly string[] {
  const { matchLabels = {}, matchExpressions = [] } = podSelector ?? {};
  return [...Object.keys(matchLabels), ...matchExpressions.flatMap(({ key }) => (key === undefined ? [] : [key]))];
}
