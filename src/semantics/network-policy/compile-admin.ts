import type { AdminNetworkPolicy } from '../../model/k8s/admin-network-policy.ts';
import type { AdminPeer, AdminPort, AdminSubject } from '../../model/k8s/admin-policy-parts.ts';
import type { BaselineAdminNetworkPolicy } from '../../model/k8s/baseline-admin-network-policy.ts';
import type { ClusterNetworkPolicy, ClusterPolicyProtocol } from '../../model/k8s/cluster-network-policy.ts';
import type { LabelSelector } from '../../model/k8s/label-selector.ts';
import type { Resource } from '../../model/resource.ts';
import { parseCidr } from '../../util/cidr.ts';
import type { CompiledPeer, CompiledPort } from './compile.ts';
import type { Transport } from './peer.ts';

export type AdminAction = 'Allow' | 'Deny' | 'Pass';

/** One peer of an administrator's rule. */
export type AdminTarget =
  | CompiledPeer
  | { readonly kind: 'nodes'; readonly selector: LabelSelector }
  | { readonly kind: 'domains'; readonly names: string };

export interface CompiledAdminRule {
  readonly index: number;
  readonly name?: string;
  readonly action: AdminAction;
  /** Null: everything. */
  readonly peers: readonly AdminTarget[] | null;
  readonly ports: readonly CompiledPort[] | null;
}

export interface CompiledAdminPolicy {
  readonly policy: Resource;
  /** Null where it names nobody. */
  readonly subject: CompiledPeer | null;
  readonly ingress: readonly CompiledAdminRule[];
  readonly egress: readonly CompiledAdminRule[];
}

interface WrittenRule {
  readonly name?: string;
  readonly action?: AdminAction | 'Accept';
  readonly from?: readonly AdminPeer[];
  readonly to?: readonly AdminPeer[];
  readonly ports?: readonly AdminPort[];
  readonly protocols?: readonly ClusterPolicyProtocol[];
}

type WrittenPolicy = AdminNetworkPolicy | BaselineAdminNetworkPolicy | ClusterNetworkPolicy;

/**
 * AdminNetworkPolicy, its baseline and ClusterNetworkPolicy in one form. None of them isolates: what no rule matches goes on to the next.
 *
 * Source: network-policy-api apis/v1alpha1 (adminnetworkpolicy_types.go, shared_types.go), apis/v1alpha2/clusternetworkpolicy_types.go.
 */
export function compileAdminPolicy(policy: WrittenPolicy): CompiledAdminPolicy {
  const { subject, ingress = [], egress = [] } = policy.spec;
  return {
    policy,
    subject: compileSubject(subject),
    ingress: ingress.map(compileRule),
    egress: egress.map(compileRule),
  };
}

function compileSubject({ namespaces, pods }: AdminSubject = {}): CompiledPeer | null {
  if (namespaces) return { kind: 'pods', namespaceSelector: namespaces };
  if (!pods) return null;
  const { namespaceSelector = {}, podSelector = {} } = pods;
  return { kind: 'pods', namespaceSelector, podSelector };
}

function compileRule(rule: WrittenRule, index: number): CompiledAdminRule {
  const { name, action = 'Deny', from, to } = rule;
  const peers = from ?? to ?? [];
  const base = { index, ...(name === undefined ? {} : { name }) };
  const said: AdminAction = action === 'Accept' ? 'Allow' : action;
  // A peer of an unknown form fails closed: an Allow rule admits nobody by it, any other rule denies everything.
  if (said !== 'Allow' && peers.some((peer) => Object.keys(peer).length === 0))
    return { ...base, action: 'Deny', peers: null, ports: null };
  return { ...base, action: said, peers: peers.flatMap(compilePeer), ports: compilePorts(rule) };
}

function compilePeer(peer: AdminPeer): readonly AdminTarget[] {
  const { nodes, networks = [], domainNames = [] } = peer;
  const pods = compileSubject(peer);
  return [
    ...(pods ? [pods] : []),
    ...(nodes ? [{ kind: 'nodes', selector: nodes } as const] : []),
    ...networks.flatMap((text): readonly AdminTarget[] => {
      const cidr = parseCidr(text);
      return cidr ? [{ kind: 'block', block: { cidr, except: [], text } }] : [];
    }),
    ...(domainNames.length > 0 ? [{ kind: 'domains', names: domainNames.join(', ') } as const] : []),
  ];
}

function compilePorts({ ports, protocols }: WrittenRule): readonly CompiledPort[] | null {
  if (ports?.length) return ports.flatMap(compilePort);
  return protocols?.length ? protocols.flatMap(compileProtocol) : null;
}

const TRANSPORTS: readonly Transport[] = ['TCP', 'UDP', 'SCTP'];
/** A port name stands for itself whatever its protocol. */
const named = (name: string): readonly CompiledPort[] =>
  TRANSPORTS.map((transport) => ({ kind: 'name', transport, name }));

function compilePort({ portNumber, portRange, namedPort }: AdminPort): readonly CompiledPort[] {
  if (portNumber) return range(portNumber.protocol, portNumber.port, portNumber.port);
  if (portRange) return range(portRange.protocol, portRange.start, portRange.end);
  return namedPort === undefined ? [] : named(namedPort);
}

function compileProtocol(protocol: ClusterPolicyProtocol): readonly CompiledPort[] {
  if (protocol.destinationNamedPort !== undefined) return named(protocol.destinationNamedPort);
  return TRANSPORTS.flatMap((transport): readonly CompiledPort[] => {
    const match = protocol[transport.toLowerCase() as 'tcp' | 'udp' | 'sctp'];
    if (!match) return [];
    if (!match.destinationPort) return [{ kind: 'all', transport }];
    const { number, range: between } = match.destinationPort;
    return range(transport, number ?? between?.start, number ?? between?.end);
  });
}

function range(transport: Transport = 'TCP', first?: number, last?: number): readonly CompiledPort[] {
  return first === undefined || last === undefined ? [] : [{ kind: 'range', transport, first, last }];
}
