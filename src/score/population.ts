import type { Entrance, Facts, PortFacts } from '../graph/facts.ts';
import { isMachinery } from '../graph/machinery.ts';
import { namespaceKey, type Workload } from '../model/inventory/types.ts';
import type { Judged } from './tally.ts';

/** A workload with what every dimension asks about it. */
export interface Member {
  readonly workload: Workload;
  readonly ports: readonly MemberPort[];
  /** Of high or critical sensitivity. */
  readonly sensitive: boolean;
  /** One of its ports is reachable from the internet. */
  readonly exposed: boolean;
}

export interface MemberPort {
  readonly facts: PortFacts;
  readonly internet: readonly Entrance[];
  readonly sensitive: boolean;
  /** Some request from the internet gets there, for all that is known. */
  readonly exposed: boolean;
}

/** Whose protection is rated: worked out once, for all figures. */
export interface Population {
  readonly facts: Facts;
  /** Every workload but Istio's own machinery, gateways among them. */
  readonly members: readonly Member[];
  /** Those that are no gateway: what gateways lead to. */
  readonly services: readonly Member[];
  readonly gateways: readonly Member[];
  /** TCP ports of `services`. */
  readonly tcpPorts: readonly MemberPort[];
  /** No policy of the root namespace is in the input, and nothing says that there is none. */
  readonly rootUnknown: boolean;
  /** What counts as covered since findings about it were accepted: workloads by id, ports as `id:port`. */
  readonly accepted?: ReadonlySet<string>;
  /** Workloads of which everything that is unknown is taken to be as bad as it may be. */
  readonly settled?: ReadonlySet<string>;
}

export function populationOf(facts: Facts): Population {
  const members = facts.mesh.workloads
    .filter((workload) => !isMachinery(workload))
    .map((workload) => memberOf(facts, workload));
  const services = members.filter(({ workload }) => workload.dataPlane.kind !== 'gateway');
  return {
    facts,
    members,
    services,
    gateways: members.filter(({ workload }) => workload.dataPlane.kind === 'gateway'),
    tcpPorts: services.flatMap(({ ports }) => ports.filter((port) => port.facts.port.transport === 'TCP')),
    rootUnknown: !facts.isComplete('root-policies') && !hasRootPolicies(facts),
  };
}

function memberOf(facts: Facts, workload: Workload): Member {
  const { level } = facts.sensitivity(workload);
  const sensitive = level === 'critical' || level === 'high';
  const ports = facts.ports(workload).map((port): MemberPort => {
    const { internet } = port;
    return { facts: port, internet, sensitive, exposed: internet.some(({ verdict }) => verdict.outcome !== 'deny') };
  });
  return { workload, ports, sensitive, exposed: ports.some(({ exposed }) => exposed) };
}

function hasRootPolicies({ mesh, enforcement }: Facts): boolean {
  const root = enforcement.rootNamespace;
  return (['PeerAuthentication', 'AuthorizationPolicy', 'RequestAuthentication'] as const).some(
    (kind) => mesh.resources.inNamespace(kind, root).length > 0,
  );
}

/** Whether the input holds everything of the workload's namespace. */
export function isNamespaceComplete(facts: Facts, { cluster, namespace }: Workload): boolean {
  return facts.isComplete({ namespace: namespaceKey(cluster, namespace) });
}

/** What was found out about a subject. */
type Finding = Pick<Judged, 'covered' | 'status'> & { readonly assumed?: boolean };

export function judgedWorkload(
  { accepted, settled }: Population,
  { workload, sensitive, exposed }: Member,
  finding: Finding,
): Judged {
  return judged(known(finding, settled?.has(workload.id)), accepted?.has(workload.id) ?? false, sensitive, exposed);
}

export function judgedPort(
  { accepted, settled }: Population,
  { facts, sensitive, exposed }: MemberPort,
  finding: Finding,
): Judged {
  const { id } = facts.workload;
  return judged(
    known(finding, settled?.has(id)),
    accepted !== undefined && (accepted.has(id) || accepted.has(`${id}:${facts.port.port}`)),
    sensitive,
    exposed,
  );
}

const known = (finding: Finding, isSettled = false): Finding =>
  isSettled && finding.status === 'UNKNOWN' ? { ...finding, covered: false, status: 'INFERRED' } : finding;

function judged(
  { covered, status, assumed = false }: Finding,
  isAccepted: boolean,
  sensitive: boolean,
  exposed: boolean,
): Judged {
  const settled = isAccepted && !covered && status === 'UNKNOWN';
  return { covered: covered || isAccepted, status: settled ? 'INFERRED' : status, assumed, sensitive, exposed };
}
