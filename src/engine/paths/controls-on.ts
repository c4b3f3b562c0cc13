import type { AttackPath, Hop } from '../../graph/attack/attack-path.ts';
import type { Facts } from '../../graph/facts.ts';
import { selectPolicies } from '../../semantics/network-policy/policy-index.ts';

const MOST = 6;

/** What stands on the way and holds, but lets this path through: in short words, in the order of the hops. */
export function controlsOn(facts: Facts, { hops }: AttackPath): readonly string[] {
  return [...new Set(hops.flatMap((hop) => controlsOf(facts, hop)))].slice(0, MOST);
}

function controlsOf(facts: Facts, { from, to, port, pivot, witness, by, cause }: Hop): readonly string[] {
  if (pivot === 'entry' && witness?.tls) return ['TLS at the gateway'];
  if (to.kind !== 'workload' || port === undefined || (pivot !== 'reach' && pivot !== 'route')) return [];
  const { workload } = to;
  const found = facts.ports(workload).find((each) => each.port.port === port);
  if (!found) return [];
  const { mtls, authorization, captured } = found;
  const at = `${workload.id}:${port}`;
  // What lets it in is no control.
  const isAtFault = (policy: Named): boolean => isSame(policy, by) || isSame(policy, cause);
  const attached = captured.captured ? authorization.policies.filter((policy) => !isAtFault(policy)) : [];
  const checking = captured.captured ? authorization.requestAuthentication.filter((policy) => !isAtFault(policy)) : [];
  return [
    ...(captured.captured && mtls.mode === 'STRICT' ? [`STRICT mTLS at ${at}`] : []),
    ...(attached.length > 0 ? [`AuthorizationPolicy ${names(attached)} at ${at}`] : []),
    ...(checking.length > 0 ? [`RequestAuthentication ${names(checking)} at ${at}`] : []),
    ...isolating(facts, from, to),
  ];
}

function isolating(facts: Facts, from: Hop['from'], to: Extract<Hop['to'], { kind: 'workload' }>): readonly string[] {
  const { mesh, network } = facts.enforcement;
  if (mesh.cni === 'ignores-network-policy') return [];
  const into = selectPolicies(network, to.workload).ingress.map(({ policy }) => policy);
  const out = from.kind === 'workload' ? selectPolicies(network, from.workload).egress.map(({ policy }) => policy) : [];
  return [
    ...(into.length > 0 ? [`NetworkPolicy ${names(into)} around ${to.workload.id}`] : []),
    ...(out.length > 0 && from.kind === 'workload' ? [`NetworkPolicy ${names(out)} around ${from.workload.id}`] : []),
  ];
}

interface Named {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

const isSame = ({ kind, namespace, name }: Named, other: Named | null | undefined): boolean =>
  other?.kind === kind && other.namespace === namespace && other.name === name;

function names(objects: readonly Named[]): string {
  const all = [...new Set(objects.map(({ namespace, name }) => `${namespace}/${name}`))].sort();
  return all.length > 2 ? `${all.slice(0, 2).join(', ')} and ${all.length - 2} more` : all.join(', ');
}
