import type { Facts } from '../../graph/facts.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { Resource } from '../../model/resource.ts';
import { indexGateways } from '../../semantics/gateway/index-gateways.ts';

/** The workloads of the input that serve what a Gateway says. */
export const gatewaysOf = ({ enforcement }: Facts, { kind, namespace, name }: Resource): readonly Workload[] =>
  indexGateways(enforcement).proxies.flatMap(({ workload, present, listeners }) =>
    present &&
    listeners.some(({ servers }) =>
      servers.some(({ by }) => by.kind === kind && by.namespace === namespace && by.name === name),
    )
      ? [workload]
      : [],
  );

/** What their routes lead to. */
export const behindGateways = ({ entrances }: Facts, gateways: readonly Workload[]): readonly Workload[] =>
  entrances.routes
    .filter(({ gateway }) => gateways.includes(gateway))
    .flatMap(({ workloads }) => workloads.map(({ workload }) => workload));
