import { isObservability } from '../../graph/attack/observability.ts';
import type { Facts } from '../../graph/facts.ts';
import { plaintextCallers } from '../../graph/plaintext-callers.ts';
import type { Mesh, Workload, WorkloadPort } from '../../model/inventory/types.ts';
import type { NetworkPolicyIngressRule, NetworkPolicyPeer } from '../../model/k8s/network-policy.ts';
import { selectorOf } from '../../rules/select-workload.ts';
import { isCaptured, PROXY_PORTS } from '../../semantics/capture.ts';
import { isNamespaceStated } from './admit.ts';

/** Ingress rules that let in who is known to call a workload, by the labels of their pods. */
export interface NetworkAdmission {
  readonly ingress: readonly NetworkPolicyIngressRule[];
  readonly callers: readonly Workload[];
  /** Nothing is declared or accepted: whether somebody else calls is not known. */
  readonly isUnknown: boolean;
  readonly preconditions: readonly string[];
}

const HBONE = 15008;
/** Where kubelet probes of ambient pods come from (reference §15.4). */
const AMBIENT_PROBES = '169.254.7.127/32';
const NAMESPACE_NAME = 'kubernetes.io/metadata.name';

/**
 * What proxies decide about stays open to the network, with the proxy's own ports and HBONE; the rest is for known callers. Kubelet probes come
 * from the node, which no policy stops; those of ambient pods come from an address of their own.
 */
export function networkAdmissionOf(facts: Facts, workload: Workload): NetworkAdmission {
  const { mesh, wanted } = facts;
  const guarded = workload.ports.filter(({ port, transport }) => isCaptured(workload, port, transport).captured);
  const bare = workload.ports.filter((own) => !guarded.includes(own) && !PROXY_PORTS.includes(own.port));
  const isUnknown = !wanted.isStated(workload);
  const rules = new Rules();
  const callers = new Set<Workload>();
  const preconditions: string[] = [];
  for (const flow of wanted.to(workload)) {
    const ports = bare.filter(({ port }) => flow.port === undefined || flow.port === port);
    if (flow.from === 'internet') {
      for (const cidr of ['0.0.0.0/0', '::/0']) rules.admit({ ipBlock: { cidr } }, ports);
      continue;
    }
    const caller = mesh.workloadById.get(flow.from);
    const peer = caller && peerFor(mesh, workload, caller);
    if (!caller || !peer || ports.length === 0) continue;
    callers.add(caller);
    rules.admit(peer, ports);
  }
  if (isUnknown && !isNamespaceStated(facts, workload)) rules.admit({ podSelector: {} }, bare);
  for (const { caller, port, why } of plaintextCallers(facts, [workload])) {
    const ports = bare.filter((own) => own.port === port);
    // The API server runs on a node, or outside.
    if (caller === 'kube-apiserver') rules.admit(undefined, ports);
    if (caller.startsWith('Prometheus') && ports.some((own) => !isObservability(own)) && !scrapersOf(mesh)[0])
      preconditions.push(`the pods of Prometheus get to ${workload.id}:${port} by a rule of their own (${why})`);
  }
  admitScrapers(mesh, workload, bare, rules);
  if (workload.dataPlane.kind === 'ambient') {
    const probed = bare.filter(({ probed: isProbed }) => isProbed);
    rules.admit({ ipBlock: { cidr: AMBIENT_PROBES } }, probed);
  }
  return {
    ingress: [...openTo(workload, guarded), ...rules.list()],
    callers: [...callers],
    isUnknown,
    preconditions,
  };
}

/** Ports of metrics for Prometheus, where it is in the input; else for every namespace, since they give no control. */
function admitScrapers(mesh: Mesh, workload: Workload, bare: readonly WorkloadPort[], rules: Rules): void {
  const scraped = Number(workload.annotations['prometheus.io/port']);
  const isScraped = workload.annotations['prometheus.io/scrape'] === 'true';
  const ports = bare.filter((own) => isObservability(own) || (isScraped && own.port === scraped));
  const peers = scrapersOf(mesh).flatMap((each) => peerFor(mesh, workload, each) ?? []);
  for (const peer of peers) rules.admit(peer, ports);
  if (peers.length === 0) rules.admit({ namespaceSelector: {} }, ports.filter(isObservability));
}

const scrapersOf = ({ workloads }: Mesh): readonly Workload[] =>
  workloads.filter(({ labels }) => labels['app.kubernetes.io/name'] === 'prometheus' || labels.app === 'prometheus');

/** What the proxy of the workload decides about, and its own ports: closing them here would close the mesh. */
function openTo({ dataPlane }: Workload, guarded: readonly WorkloadPort[]): readonly NetworkPolicyIngressRule[] {
  if (dataPlane.kind === 'none') return [];
  const own = [HBONE, ...(dataPlane.kind === 'sidecar' ? PROXY_PORTS : [])];
  return [{ ports: [...guarded.map(({ port }) => port), ...own].map((port) => ({ protocol: 'TCP', port })) }];
}

/** The pods of a workload; undefined: no label names them, or they are where no selector gets to. */
export function peerFor(mesh: Mesh, to: Workload, from: Workload): NetworkPolicyPeer | undefined {
  const matchLabels = selectorOf(mesh, from);
  if (!matchLabels || from.hostNetwork || from.cluster !== to.cluster) return undefined;
  return {
    ...(from.namespace === to.namespace
      ? {}
      : { namespaceSelector: { matchLabels: { [NAMESPACE_NAME]: from.namespace } } }),
    podSelector: { matchLabels },
  };
}

/** Peers by the ports that they get to, each set of ports one rule. */
class Rules {
  readonly #ports = new Map<
    string,
    { readonly peer: NetworkPolicyPeer | undefined; readonly ports: Set<WorkloadPort> }
  >();

  admit(peer: NetworkPolicyPeer | undefined, ports: readonly WorkloadPort[]): void {
    if (ports.length === 0) return;
    const key = JSON.stringify(peer ?? null);
    const known = this.#ports.get(key) ?? { peer, ports: new Set() };
    this.#ports.set(key, known);
    for (const port of ports) known.ports.add(port);
  }

  list(): readonly NetworkPolicyIngressRule[] {
    const rules = new Map<
      string,
      { from?: NetworkPolicyPeer[]; ports: { protocol: WorkloadPort['transport']; port: number }[] }
    >();
    for (const { peer, ports } of this.#ports.values()) {
      const written = [...ports]
        .sort((a, b) => a.port - b.port)
        .map(({ port, transport }) => ({ protocol: transport, port }));
      const key = JSON.stringify([written, peer === undefined]);
      const rule = rules.get(key) ?? { ...(peer ? { from: [] } : {}), ports: written };
      rules.set(key, rule);
      if (peer) rule.from?.push(peer);
    }
    return [...rules.values()];
  }
}
