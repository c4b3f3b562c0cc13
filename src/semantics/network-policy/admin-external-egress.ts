import {
  type AddressSet,
  EVERY_ADDRESS,
  intersect,
  NO_ADDRESS,
  sizeOf,
  subtract,
  unite,
} from '../../util/address-set.ts';
import type { AdminTiers, Tier } from './admin-index.ts';
import type { CompiledAdminPolicy, CompiledAdminRule } from './compile-admin.ts';
import type { CompiledPolicy, CompiledPort, CompiledRule } from './compile.ts';
import { type ExternalEgress, holesOf, portsText } from './external-holes.ts';
import { matchPeer, seePeer } from './match.ts';
import type { NetworkPod, Transport } from './peer.ts';

interface Placed {
  readonly compiled: CompiledAdminPolicy;
  readonly rule: CompiledAdminRule;
}

/**
 * What is left open towards addresses outside where administrators' policies have a say: undefined where none selects the pod for egress. Worked
 * out as sets of addresses, once for each stretch of ports that all rules treat alike. Where the order is undefined, the most open one is taken.
 */
export function adminExternalEgress(
  tiers: AdminTiers,
  pod: Pick<NetworkPod, 'cluster' | 'namespace' | 'labels' | 'hostNetwork'>,
  isolating: readonly CompiledPolicy[],
): ExternalEgress | undefined {
  if (pod.hostNetwork) return undefined;
  const admin = rulesFor(tiers, tiers.admin, pod);
  const [only, ...alternatives] = tiers.baseline;
  const last = rulesFor(tiers, alternatives.length === 0 ? (only ?? []) : [[...new Set(tiers.baseline.flat(2))]], pod);
  // The baseline has nothing to say about pods that a NetworkPolicy isolates.
  const baseline = isolating.length > 0 ? [] : last;
  if (admin.length === 0 && baseline.length === 0) return undefined;
  const own = isolating.flatMap((compiled) => compiled.egress ?? []);
  const all = [...admin, ...baseline].map(({ rule }) => rule.ports).concat(own.map(({ ports }) => ports));
  const isAnywhere = (transport: Transport, port: number): boolean => {
    const asked = through(admin, EVERY_ADDRESS, transport, port);
    const middle =
      isolating.length > 0
        ? intersect(asked.left, admittedBy(own, transport, port))
        : open(baseline, asked, transport, port);
    const reached = unite(asked.allowed, middle);
    return sizeOf(reached, 4) >= 1n << 30n || sizeOf(reached, 6) >= 1n << 126n;
  };
  const tcp = stretches(all, 'TCP').map((port) => isAnywhere('TCP', port));
  const others = (['UDP', 'SCTP'] as const).some((transport) =>
    stretches(all, transport).some((port) => isAnywhere(transport, port)),
  );
  const anywhere = tcp.every(Boolean) ? 'all-ports' : others || tcp.some(Boolean) ? 'some-ports' : 'no';
  const by = new Set([
    ...[...admin, ...baseline].map(({ compiled }) => compiled.policy),
    ...isolating.map((each) => each.policy),
  ]);
  return {
    restricted: anywhere !== 'all-ports',
    by: [...by],
    holes: [...[...admin, ...baseline].flatMap(holesOfRule), ...isolating.flatMap(holesOf)],
    anywhere,
  };
}

/** What the default admits after the baseline. */
function open(
  baseline: readonly Placed[],
  { left }: { readonly left: AddressSet },
  transport: Transport,
  port: number,
): AddressSet {
  const asked = through(baseline, left, transport, port);
  return unite(asked.allowed, asked.left);
}

/** Addresses that a tier admits for good, and those that it leaves to the next. */
function through(
  rules: readonly Placed[],
  addresses: AddressSet,
  transport: Transport,
  port: number,
): { readonly allowed: AddressSet; readonly left: AddressSet } {
  let allowed = NO_ADDRESS;
  let passed = NO_ADDRESS;
  let left = addresses;
  for (const { rule } of rules) {
    if (!covers(rule.ports, transport, port)) continue;
    const matched = intersect(left, targetsOf(rule));
    left = subtract(left, matched);
    if (rule.action === 'Allow') allowed = unite(allowed, matched);
    else if (rule.action === 'Pass') passed = unite(passed, matched);
  }
  return { allowed, left: unite(left, passed) };
}

function targetsOf({ peers }: CompiledAdminRule): AddressSet {
  if (!peers) return EVERY_ADDRESS;
  return peers.reduce<AddressSet>(
    (set, peer) => (peer.kind === 'block' ? unite(set, [peer.block.cidr]) : set),
    NO_ADDRESS,
  );
}

function admittedBy(rules: readonly CompiledRule[], transport: Transport, port: number): AddressSet {
  return rules.reduce<AddressSet>((set, { peers, ports }) => {
    if (!covers(ports, transport, port)) return set;
    if (!peers) return EVERY_ADDRESS;
    return peers.reduce<AddressSet>(
      (more, peer) =>
        peer.kind === 'block'
          ? unite(
              more,
              peer.block.except.reduce<AddressSet>((rest, hole) => subtract(rest, [hole]), [peer.block.cidr]),
            )
          : more,
      set,
    );
  }, NO_ADDRESS);
}

/** Rules of the policies that select the pod; where that is unclear, only those that open something. */
function rulesFor(
  { namespaces }: AdminTiers,
  tier: Tier,
  { cluster, namespace, labels }: Pick<NetworkPod, 'cluster' | 'namespace' | 'labels'>,
): readonly Placed[] {
  const namespaceLabels = namespaces.get(namespace) ?? null;
  const seen = seePeer(
    { kind: 'pod', cluster, namespace, namespaceLabels, podLabels: labels, hostNetwork: false },
    cluster,
    undefined,
  );
  return tier.flatMap((group) => {
    const placed = group.flatMap((compiled) => {
      const selected = compiled.subject ? matchPeer(compiled.subject, '', seen).kind : 'no';
      if (selected === 'no') return [];
      const rules = selected === 'yes' ? compiled.egress : compiled.egress.filter(({ action }) => action === 'Allow');
      return rules.map((rule): Placed => ({ compiled, rule }));
    });
    return group.length === 1 ? placed : placed.toSorted((a, b) => OPENNESS[a.rule.action] - OPENNESS[b.rule.action]);
  });
}

const OPENNESS = { Allow: 0, Pass: 1, Deny: 2 } as const;

function covers(ports: readonly CompiledPort[] | null, transport: Transport, port: number): boolean {
  if (!ports) return true;
  return ports.some(
    (each) =>
      each.transport === transport &&
      (each.kind === 'all' || (each.kind === 'range' && port >= each.first && port <= each.last)),
  );
}

/** The first port of each stretch that no rule cuts in two. */
function stretches(all: readonly (readonly CompiledPort[] | null)[], transport: Transport): readonly number[] {
  const starts = new Set([1]);
  for (const port of all.flatMap((ports) => ports ?? [])) {
    if (port.transport !== transport || port.kind !== 'range') continue;
    starts.add(port.first);
    starts.add(port.last + 1);
  }
  return [...starts].filter((port) => port >= 1 && port <= 65535);
}

function holesOfRule({ compiled: { policy }, rule }: Placed): readonly string[] {
  if (rule.action !== 'Allow') return [];
  return (rule.peers ?? []).flatMap((peer) => {
    const text = peer.kind === 'block' ? peer.block.text : peer.kind === 'domains' ? `addresses of ${peer.names}` : '';
    return text
      ? [`${text} on ${portsText(rule.ports)} (${policy.kind} ${policy.name}, egress rule ${rule.index})`]
      : [];
  });
}
