import type { Writable } from '../../../util/writable.ts';
import type { OpenedPort } from '../gateways/listeners.ts';
import type { DeclaredPort, Member } from '../member.ts';
import { AUTO, type PortProtocol } from '../protocol.ts';
import type { WorkloadPort } from '../types.ts';
import type { ServiceClaim } from './claim.ts';
import type { SidecarListener } from './sidecar-listeners.ts';

export interface PortSources {
  readonly claims: readonly ServiceClaim[];
  /** Of a gateway: what Gateways open on it. */
  readonly opened: readonly OpenedPort[];
  /** Of a sidecar: what a `Sidecar` makes it listen on. */
  readonly listeners: readonly SidecarListener[] | undefined;
}

/** Two Services that read one port differently, where the input does not say which of them is older. */
export interface ProtocolConflict {
  readonly port: number;
  readonly claims: readonly [ServiceClaim, ServiceClaim];
}

export interface FoundPorts {
  readonly ports: readonly WorkloadPort[];
  readonly conflicts: readonly ProtocolConflict[];
}

/** Status, health and metrics of the proxy itself: nothing of the application, and nothing that a policy reaches. */
const PROXY_PORTS: ReadonlySet<number> = new Set([15020, 15021, 15090]);
const UDP: PortProtocol = { protocol: 'udp', chain: 'tcp' };

/** The ports of a workload, in order of their numbers, and how Istio reads each (reference §6). */
export function findPorts(
  { declared, gateway }: Pick<Member, 'declared' | 'gateway'>,
  sources: PortSources,
): FoundPorts {
  const ports = new Map<string, WorkloadPort>();
  const conflicts: ProtocolConflict[] = [];
  // A gateway listens on what its Services and Gateways say, whatever its container names.
  for (const each of gateway ? [] : declared) ports.set(keyOf(each.port, each.transport), ofContainer(each));

  for (const [key, claims] of groupClaims(sources.claims)) {
    const [first] = claims;
    if (!first || (gateway && PROXY_PORTS.has(first.target))) continue;
    const { protocol, conflict } = decideProtocol(claims);
    if (conflict) conflicts.push({ port: first.target, claims: conflict });
    const before = ports.get(key);
    const name = before?.name ?? first.name;
    const found: Writable<WorkloadPort> = {
      port: first.target,
      transport: first.transport,
      protocol: protocol.protocol,
      chain: protocol.chain,
      services: servicesOf(claims),
      declaredBy: 'service',
      probed: before?.probed ?? false,
    };
    if (name !== undefined) found.name = name;
    if (before?.hostPort !== undefined) found.hostPort = before.hostPort;
    ports.set(key, found);
  }
  if (sources.listeners) applySidecar(ports, sources.listeners);
  const opened =
    sources.opened.length === 0
      ? sources.opened
      : [...sources.opened].sort((a, b) => a.number - b.number || compare(a.protocol, b.protocol));
  for (const each of opened) open(ports, each, sources.claims);
  return { ports: [...ports.values()].sort(byNumber), conflicts };
}

const keyOf = (port: number, transport: string) => `${port}/${transport}`;
const nameOf = (name: string | undefined) => (name === undefined ? {} : { name });
const byNumber = (a: WorkloadPort, b: WorkloadPort) => a.port - b.port || (a.transport < b.transport ? -1 : 1);

/** A port that no Service names: detected, and on the passthrough chain. */
function ofContainer({ port, name, transport, hostPort, probed }: DeclaredPort): WorkloadPort {
  const { protocol, chain } = transport === 'UDP' ? UDP : AUTO;
  const found: Writable<WorkloadPort> = {
    port,
    transport,
    protocol,
    chain,
    services: [],
    declaredBy: 'container',
    probed,
  };
  if (name !== undefined) found.name = name;
  if (hostPort) found.hostPort = hostPort;
  return found;
}

function servicesOf(claims: readonly ServiceClaim[]): WorkloadPort['services'] {
  const services: Writable<WorkloadPort['services'][number]>[] = [];
  for (const { isService, source, port, name } of claims) {
    if (!isService) continue;
    const service: Writable<WorkloadPort['services'][number]> = { service: source, port };
    if (name !== undefined) service.name = name;
    services.push(service);
  }
  return services;
}

const NO_CLAIMS: ReadonlyMap<string, readonly ServiceClaim[]> = new Map();

function groupClaims(claims: readonly ServiceClaim[]): ReadonlyMap<string, readonly ServiceClaim[]> {
  const [only, another] = claims;
  if (!only) return NO_CLAIMS;
  if (!another) return new Map([[keyOf(only.target, only.transport), claims]]);
  const groups = new Map<string, ServiceClaim[]>();
  for (const claim of claims) {
    const key = keyOf(claim.target, claim.transport);
    const group = groups.get(key);
    if (group) group.push(claim);
    else groups.set(key, [claim]);
  }
  for (const group of groups.values()) group.sort((a, b) => compare(a.source, b.source) || a.port - b.port);
  return groups;
}

/**
 * The oldest Service decides, of equals the first by name. Where the input has no times and the answer matters, both readings stay possible:
 * `auto`, which has the chains of both (method.md, rule 9).
 */
function decideProtocol(claims: readonly ServiceClaim[]): {
  readonly protocol: PortProtocol;
  readonly conflict?: readonly [ServiceClaim, ServiceClaim];
} {
  const dated = claims.every(({ created }) => created !== undefined);
  const inOrder = dated ? [...claims].sort((a, b) => compare(a.created ?? '', b.created ?? '')) : claims;
  const [first] = inOrder;
  if (!first) return { protocol: AUTO };
  const other = dated ? undefined : inOrder.find(({ chain }) => chain !== first.chain);
  if (other) return { protocol: AUTO, conflict: [first, other] };
  return { protocol: { protocol: first.protocol, chain: first.chain } };
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** With ingress listeners, ports of Services that are not among them fall to the passthrough chain. */
function applySidecar(ports: Map<string, WorkloadPort>, listeners: readonly SidecarListener[]): void {
  for (const [key, port] of ports) if (port.transport === 'TCP') ports.set(key, { ...port, ...AUTO });
  for (const { port, name, protocol, chain } of listeners) {
    const key = keyOf(port, 'TCP');
    const before = ports.get(key);
    ports.set(key, {
      ...(before ?? { port, transport: 'TCP', services: [], probed: false }),
      ...nameOf(before?.name ?? name),
      protocol,
      chain,
      declaredBy: 'listener',
    });
  }
}

/**
 * A Gateway names the port of the gateway's Service: of the oldest, of equals the first by name; without one the proxy listens on the number
 * itself. Source: istio pilot/pkg/model/gateway.go (resolvePorts).
 */
function open(ports: Map<string, WorkloadPort>, opened: OpenedPort, claims: readonly ServiceClaim[]): void {
  const { protocol, chain, declaredBy } = opened;
  const [leading] = claims
    .filter(({ translates, port, transport }) => translates && port === opened.number && transport === 'TCP')
    .sort((a, b) => compare(a.created ?? '', b.created ?? '') || compare(a.source, b.source));
  const number = leading?.target ?? opened.number;
  const key = keyOf(number, 'TCP');
  const before = ports.get(key);
  const again = before && before.declaredBy !== 'service';
  ports.set(key, {
    ...(before ?? { port: number, transport: 'TCP', services: [], probed: false }),
    ...nameOf(before?.name ?? opened.name),
    protocol: again ? before.protocol : protocol,
    chain: again && before.chain !== chain ? 'auto' : chain,
    declaredBy,
  });
}
