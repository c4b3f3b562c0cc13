import type { Workload } from '../../model/inventory/types.ts';
import type { AuthorizationPolicy } from '../../model/istio/authorization-policy.ts';
import type { NetworkPolicy } from '../../model/k8s/network-policy.ts';
import type { Resource } from '../../model/resource.ts';
import { SearchLimit } from '../../semantics/algebra/strings/find-word.ts';
import { targetsOf } from '../../semantics/policy-index.ts';
import { openedRequests } from '../compare/opened-requests.ts';
import type { Opened } from '../compare/opened.ts';
import { gatewaysOf, workloadsOf } from './attached.ts';
import type { Mutant } from './mutant.ts';
import type { Doubt, Faulty, Turned } from './turned.ts';
import { turnedAtGateway } from './turned-at-gateway.ts';
import { turnedByNetwork } from './turned-by-network.ts';

interface TurnedOptions {
  /** Ranks destinations: the lowest is looked at first. */
  readonly first: (workload: Workload) => number;
  readonly doubt: Doubt;
}

/**
 * Requests whose verdict a fault turns, one by one, the likeliest first: by sets of requests at every port that the object has a say in, and on
 * every route of gateways that hold it. None, and no doubt: the two decide all requests alike.
 */
export function* turnedBy(
  states: Faulty,
  { resource }: Pick<Mutant, 'resource'>,
  { first, doubt }: TurnedOptions,
): Iterable<Turned> {
  const { before } = states;
  const workloads = workloadsOf(before, resource).toSorted((a, b) => first(a) - first(b));
  const gateways = gatewaysOf(before, resource);
  try {
    if (resource.kind === 'NetworkPolicy') yield* turnedByNetwork(states, resource as NetworkPolicy, workloads, doubt);
    else for (const workload of workloads) yield* turnedAt(states, workload);
    for (const gateway of gateways) yield* turnedAtGateway(states, gateway, doubt);
  } catch (error) {
    if (!(error instanceof SearchLimit)) throw error;
    doubt('the search for a request was given up');
  }
  const why = unseen(resource);
  if (why !== undefined) doubt(why);
}

function* turnedAt({ before, after }: Faulty, workload: Workload): Iterable<Turned> {
  for (const port of workload.ports) {
    yield* turned('opens', openedRequests({ before, after }, workload, workload, port));
    yield* turned('refuses', openedRequests({ before: after, after: before }, workload, workload, port));
  }
}

const turned = (effect: Turned['effect'], found: readonly Opened[]): readonly Turned[] =>
  found.map(({ witness, workload, port }) => ({ effect, request: witness, to: { workload, port } }));

/** Policies for what is no workload: their requests are not searched for. */
function unseen({ kind, spec }: Resource): string | undefined {
  if (kind !== 'AuthorizationPolicy' && kind !== 'RequestAuthentication') return undefined;
  const target = targetsOf((spec as AuthorizationPolicy['spec']) ?? {}).find((each) => each.kind === 'ServiceEntry');
  return target && `it applies to ServiceEntry ${target.name}, of which not everything is looked at`;
}
