import type { Workload } from '../../model/inventory/types.ts';
import type { AuthorizationRule } from '../../model/istio/authorization-policy.ts';
import type { NamedCaller } from './callers.ts';

/**
 * ALLOW rules that admit these callers and nobody else: one per set of ports and operations. Methods and paths only where every port of
 * the rule has an HTTP chain and nothing else, since elsewhere they would take the whole rule away (reference §2.8, §2.9).
 */
export function allowRules(
  workload: Workload,
  callers: readonly NamedCaller[],
  openPorts: readonly number[],
): readonly AuthorizationRule[] {
  const groups = new Map<string, { readonly operation: Operation; readonly principals: Set<string> }>();
  for (const caller of callers) {
    const ports = [...new Set(caller.ports.length > 0 ? caller.ports : openPorts)].sort((a, b) => a - b);
    const isHttp =
      workload.dataPlane.kind !== 'ambient' &&
      ports.length > 0 &&
      ports.every((port) => chainOf(workload, port) === 'http');
    const operation: Operation = {
      ...(ports.length > 0 ? { ports: ports.map(String) } : {}),
      ...(isHttp && caller.methods.length > 0 ? { methods: caller.methods } : {}),
      ...(isHttp && caller.paths.length > 0 ? { paths: caller.paths } : {}),
    };
    const key = JSON.stringify(operation);
    const group = groups.get(key) ?? { operation, principals: new Set<string>() };
    group.principals.add(caller.identity);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ operation, principals }) => ({
    from: [{ source: { principals: [...principals].sort() } }],
    ...(Object.keys(operation).length > 0 ? { to: [{ operation }] } : {}),
  }));
}

interface Operation {
  readonly ports?: readonly string[];
  readonly methods?: readonly string[];
  readonly paths?: readonly string[];
}

const chainOf = ({ ports }: Workload, port: number): string | undefined =>
  ports.find((candidate) => candidate.port === port)?.chain;
