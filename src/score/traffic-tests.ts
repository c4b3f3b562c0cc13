import type { Facts, PortFacts } from '../graph/facts.ts';
import type { MemberPort, Population } from './population.ts';

/**
 * Whether positive and negative tests ran against the data plane (method.md, Confidence): on the ports that critical paths end at; where there is
 * no such path, on those of the most sensitive workloads, whose denials keep it so. False where nobody knows which these are.
 */
export function areTested({ tcpPorts, facts }: Population, criticalTargets: ReadonlySet<string>): boolean {
  const named = tcpPorts.filter(({ facts: { workload } }) => criticalTargets.has(workload.id));
  const ports = named.length > 0 ? named : mostSensitive(facts, tcpPorts);
  return ports.length > 0 && ports.every(({ facts: port }) => isExercised(facts, port));
}

function mostSensitive(facts: Facts, ports: readonly MemberPort[]): readonly MemberPort[] {
  for (const level of ['critical', 'high'] as const) {
    const found = ports.filter(({ facts: { workload } }) => facts.sensitivity(workload).level === level);
    if (found.length > 0) return found;
  }
  return [];
}

function isExercised({ evidence }: Facts, { workload, port }: PortFacts): boolean {
  const seen = evidence?.of(workload)?.ports.get(port.port)?.exercised;
  return seen !== undefined && seen.allowed > 0 && seen.denied > 0;
}
