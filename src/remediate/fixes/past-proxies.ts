import type { Facts } from '../../graph/facts.ts';
import { plaintextCallers } from '../../graph/plaintext-callers.ts';
import { isMachine } from '../../model/inventory/member.ts';
import type { Workload } from '../../model/inventory/types.ts';
import { freeName } from '../../rules/free-name.ts';
import { selectorOf } from '../../rules/select-workload.ts';
import { isCaptured } from '../../semantics/capture.ts';
import type { Problem } from '../candidate.ts';
import { isNamespaceStated, isWorthGuessing } from './admit.ts';

/** What hops get to on ports that no proxy decides about, by the workload. */
export function pastProxies({ hops }: Problem): ReadonlyMap<Workload, ReadonlySet<number>> {
  const found = new Map<Workload, Set<number>>();
  for (const { to, port, pivot } of hops) {
    if (pivot !== 'reach' || to.kind !== 'workload' || port === undefined) continue;
    const own = to.workload.ports.find((each) => each.port === port);
    if (isCaptured(to.workload, port, own?.transport).captured) continue;
    found.set(to.workload, (found.get(to.workload) ?? new Set()).add(port));
  }
  return new Map([...found].sort(([a], [b]) => (a.id < b.id ? -1 : 1)));
}

/** Why no NetworkPolicy can tell who calls these ports, whatever others there are. */
export function networkObstacleOf(facts: Facts, workload: Workload, ports: ReadonlySet<number>): string | undefined {
  const { id, hostNetwork, kind } = workload;
  if (hostNetwork) return `${id} uses the network of its node, where no NetworkPolicy selects it`;
  if (isMachine({ kind })) return `${id} runs outside Kubernetes, where no NetworkPolicy selects it: use its firewall`;
  if (!facts.wanted.isStated(workload) && !isNamespaceStated(facts, workload) && !isWorthGuessing(facts, workload))
    return `nobody said who calls ${id}, which no proxy guards: declare its callers as \`wanted\`, so that a NetworkPolicy can keep out all others`;
  if (isCalledByServer(facts, workload, ports))
    return `the API server calls ${id} from outside the pod network, where no NetworkPolicy tells it from others`;
  return selectorOf(facts.mesh, workload)
    ? undefined
    : `no label tells the pods of ${id} from others of its namespace, so that no NetworkPolicy can be for them alone`;
}

function isCalledByServer(facts: Facts, workload: Workload, ports: ReadonlySet<number>): boolean {
  const called = plaintextCallers(facts, [workload]).filter(({ caller }) => caller === 'kube-apiserver');
  return [...ports].every((port) => called.some((each) => each.port === port));
}

/** A name for a NetworkPolicy that nothing has yet. */
export const freePolicyName = ({ mesh }: Facts, workload: Workload): string =>
  freeName(mesh.resources, 'NetworkPolicy', workload, `limit-callers-of-${workload.name}`.slice(0, 250));
