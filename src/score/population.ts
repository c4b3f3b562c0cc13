import type { Facts, PortFacts } from '../graph/facts.ts';
import { isMachinery } from '../graph/machinery.ts';
import { namespaceKey, type Workload } from '../model/inventory/types.ts';
import type { Judged } from './tally.ts';

/** Whose protection is rated, and what is asked of each over and over. */
export interface Population {
  readonly facts: Facts;
  /** Every workload but Istio's own machinery, gateways among them. */
  readonly members: readonly Workload[];
  /** Those that are no gateway: what gateways lead to. */
  readonly services: readonly Workload[];
  readonly gateways: readonly Workload[];
  isSensitive(workload: Workload): boolean;
  /** Something of it is reachable from the internet. */
  isExposed(workload: Workload): boolean;
  /** Findings about it in this dimension were accepted (for the score with accepted risks): by workload, or `id:port`. */
  isAccepted(subject: string): boolean;
  /** No policy of the root namespace is in the input, and nothing says that there is none. */
  readonly rootUnknown: boolean;
  isNamespaceComplete(workload: Workload): boolean;
}

export function populationOf(facts: Facts, accepted: ReadonlySet<string> = new Set()): Population {
  const { mesh } = facts;
  const members = mesh.workloads.filter((workload) => !isMachinery(workload));
  const sensitive = new Map<Workload, boolean>();
  const exposed = new Map<Workload, boolean>();
  return {
    facts,
    members,
    services: members.filter(({ dataPlane }) => dataPlane.kind !== 'gateway'),
    gateways: members.filter(({ dataPlane }) => dataPlane.kind === 'gateway'),
    isSensitive: (workload) => memoized(sensitive, workload, () => isSensitive(facts, workload)),
    isExposed: (workload) => memoized(exposed, workload, () => facts.ports(workload).some(isPortExposed)),
    isAccepted: (subject) => accepted.has(subject),
    rootUnknown: !facts.isComplete('root-policies') && !hasRootPolicies(facts),
    isNamespaceComplete: ({ cluster, namespace }) => facts.isComplete({ namespace: namespaceKey(cluster, namespace) }),
  };
}

/** Some request from the internet gets there, for all that is known. */
export const isPortExposed = ({ internet }: PortFacts): boolean => internet.some(({ verdict }) => verdict.outcome !== 'deny');

/** A judged workload; what was accepted of it counts as covered. */
export function judgedWorkload(
  population: Population,
  workload: Workload,
  { covered, status, assumed = false }: Pick<Judged, 'covered' | 'status'> & { readonly assumed?: boolean },
): Judged {
  const accepted = !covered && population.isAccepted(workload.id);
  return {
    covered: covered || accepted,
    status: accepted && status === 'UNKNOWN' ? 'INFERRED' : status,
    assumed,
    sensitive: population.isSensitive(workload),
    exposed: population.isExposed(workload),
  };
}

export function judgedPort(
  population: Population,
  facts: PortFacts,
  { covered, status, assumed = false }: Pick<Judged, 'covered' | 'status'> & { readonly assumed?: boolean },
): Judged {
  const { workload, port } = facts;
  const accepted = !covered && (population.isAccepted(`${workload.id}:${port.port}`) || population.isAccepted(workload.id));
  return {
    covered: covered || accepted,
    status: accepted && status === 'UNKNOWN' ? 'INFERRED' : status,
    assumed,
    sensitive: population.isSensitive(workload),
    exposed: isPortExposed(facts),
  };
}

function isSensitive(facts: Facts, workload: Workload): boolean {
  const { level } = facts.sensitivity(workload);
  return level === 'critical' || level === 'high';
}

function hasRootPolicies({ mesh, enforcement }: Facts): boolean {
  const root = enforcement.rootNamespace;
  return (['PeerAuthentication', 'AuthorizationPolicy', 'RequestAuthentication'] as const).some(
    (kind) => mesh.resources.inNamespace(kind, root).length > 0,
  );
}

function memoized<K, V>(memo: Map<K, V>, key: K, compute: () => V): V {
  const known = memo.get(key);
  if (known !== undefined) return known;
  const value = compute();
  memo.set(key, value);
  return value;
}
