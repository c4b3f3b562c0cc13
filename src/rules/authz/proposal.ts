import type { Facts, PortFacts } from '../../graph/facts.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { AuthorizationRule } from '../../model/istio/authorization-policy.ts';
import type { Change } from '../../model/change/change.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Manifest } from '../../model/change/manifest.ts';
import type { Callers, NamelessCaller } from './callers.ts';
import { selectorOf } from '../select-workload.ts';

/** What closes what is open, as changes and as the mesh after them. */
export interface Proposal {
  readonly changes: readonly Change[];
  readonly after: Enforcement;
  /** Who is named in it, per workload. */
  readonly callers: ReadonlyMap<Workload, Callers>;
  /** Ports that have to stay open to a caller that no policy can name. */
  readonly kept: readonly { readonly workload: Workload; readonly port: number; readonly caller: NamelessCaller }[];
  /** Namespaces that get a default deny they did not have. */
  readonly denied: readonly { readonly cluster: string; readonly namespace: string }[];
  /** Workloads beyond the bound, for which no rule is written out. */
  readonly omitted: number;
}

/** For more workloads than these no policy is written out. */
export const MOST_WORKLOADS = 200;

/** API servers call webhooks without any identity of the mesh: that port cannot be narrowed by name. */
export function keptPorts(ports: readonly PortFacts[], callers: ReadonlyMap<Workload, Callers>): Proposal['kept'] {
  return ports.flatMap(({ workload, port: { port } }) => {
    const caller = callers
      .get(workload)
      ?.nameless.find((each) => each.caller === 'kube-apiserver' && each.port === port);
    return caller ? [{ workload, port, caller }] : [];
  });
}

/** A policy of its own for one workload; nothing where no label tells it from its neighbours. */
export function allowFor(
  { mesh }: Facts,
  workload: Workload,
  rules: readonly AuthorizationRule[],
): readonly Manifest[] {
  const matchLabels = selectorOf(mesh, workload);
  if (!matchLabels) return [];
  const metadata = { name: `allow-${workload.name}-callers`, namespace: workload.namespace };
  return [
    {
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata,
      spec: { selector: { matchLabels }, action: 'ALLOW', rules },
    },
  ];
}
