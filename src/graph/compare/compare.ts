import type { Workload } from '../../model/inventory/types.ts';
import { shareSymbolic } from '../../semantics/algebra/symbolic.ts';
import type { Facts } from '../facts.ts';
import { openedEntrances } from './opened-entrances.ts';
import { openedByIdentity } from './opened-identities.ts';
import { networkDiffers, openedByNetwork } from './opened-network.ts';
import { openedRequests } from './opened-requests.ts';
import { openedThroughGateways } from './opened-through-gateways.ts';
import type { Opened, States } from './opened.ts';

export interface Comparison {
  /** Refused before, passes now. */
  readonly opened: readonly Opened[];
  /** Passed before, refused now. */
  readonly closed: readonly Opened[];
  readonly added: readonly Workload[];
  readonly removed: readonly Workload[];
}

/**
 * What a change opens and closes, on every port of every workload that both states have, by sets of requests: names, order and rewrites that
 * mean the same make no difference.
 *
 * @throws {SearchLimit} when the search was given up.
 */
export function compareMeshes(base: Facts, head: Facts): Comparison {
  shareSymbolic(base.enforcement, head.enforcement);
  const missing = (from: Facts, to: Facts): readonly Workload[] =>
    from.mesh.workloads.filter(({ id }) => !to.mesh.workloadById.has(id));
  return {
    opened: openedIn(base, head),
    closed: openedIn(head, base),
    added: missing(head, base),
    removed: missing(base, head),
  };
}

function openedIn(base: Facts, head: Facts): readonly Opened[] {
  const states: States = { before: base.enforcement, after: head.enforcement };
  const network = networkDiffers(states);
  const found = head.mesh.workloads.flatMap((later) => {
    const earlier = base.mesh.workloadById.get(later.id);
    if (!earlier) return [];
    const direct =
      later.dataPlane.kind === 'gateway'
        ? []
        : later.ports.flatMap((port) => {
            const requests = openedRequests(states, earlier, later, port);
            return network && requests.length === 0 ? openedByNetwork(states, earlier, later, port) : requests;
          });
    const entrances = openedEntrances(base, head, earlier, later);
    const isTold = ({ port, who }: Opened): boolean =>
      entrances.some((told) => told.port === port && gatewayOf(told) === gatewayOf({ who }));
    const through =
      later.dataPlane.kind === 'gateway'
        ? []
        : later.ports.flatMap((port) => openedThroughGateways(states, earlier, later, port));
    return [...direct, ...entrances, ...through.filter((each) => !isTold(each))];
  });
  return [...found, ...openedByIdentity(states)];
}

const gatewayOf = ({ who }: Pick<Opened, 'who'>): Workload | undefined => ('gateway' in who ? who.gateway : undefined);
