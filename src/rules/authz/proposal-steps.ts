import { findOpening } from '../../graph/opening.ts';
import type { Workload } from '../../model/inventory/types.ts';
import { fewOf } from '../workload-names.ts';
import type { FlowCheck } from '../check-flows.ts';
import type { Opened } from './open-ports.ts';
import type { Proposal } from './proposal.ts';

interface Context {
  readonly ports: readonly Opened[];
  /** Workloads that a first default deny closes beside those that failed. */
  readonly closing: readonly Workload[];
}

/** What to do beside the patches, and what they cost: who is named and why, whom they break, what stays open. */
export function proposalSteps(proposal: Proposal, check: FlowCheck, { ports, closing }: Context): readonly string[] {
  const { callers, kept, after, denied, omitted } = proposal;
  const expected = new Set(kept.map(({ workload, port }) => `${workload.id}:${port}`));
  const isWaiting = ({ gateway, id, ports: own }: Workload): boolean =>
    !gateway && own.some(({ port }) => !expected.has(`${id}:${port}`));
  const unknown = [...callers]
    .filter(([workload, { named }]) => named.length === 0 && isWaiting(workload))
    .map(([{ id }]) => id);
  const reasons = [...callers].flatMap(([{ id }, { named }]) =>
    named.map(({ from, why }) => `${from.id} → ${id}: ${why}`),
  );
  const stillOpen = ports.filter(
    ({ port }) => callers.has(port.workload) && findOpening(after, port.workload, port.port).kind === 'open',
  );
  const nameless = [...callers].flatMap(([{ id }, each]) =>
    each.nameless
      .filter(({ port }) => !expected.has(`${id}:${port}`))
      .map(({ caller, why }) => `${caller} → ${id} (${why})`),
  );
  return [
    ...(reasons.length > 0 ? [`callers that are named: ${fewOf(reasons, 8)}`] : []),
    ...(unknown.length > 0
      ? [
          `the input names no caller of ${fewOf(unknown, 5)}: as it is, the change refuses everybody there${kept.length > 0 ? ' but on the ports that stay open' : ''}; first take callers from telemetry (istio_requests_total or istio_tcp_connections_opened_total by source_principal) and add their principals`,
        ]
      : []),
    ...check.broken.slice(0, 10).map((flow) => `would break: ${flow}`),
    ...nameless.slice(0, 10).map((flow) => `has no identity that a policy could name, would break: ${flow}`),
    ...kept.map(
      ({ workload, port, caller }) =>
        `${workload.id}:${port} stays open: ${caller.caller} has no identity of the mesh (${caller.why}); limit it to the API server's addresses by NetworkPolicy`,
    ),
    ...stillOpen
      .filter(({ port }) => !expected.has(`${port.workload.id}:${port.port.port}`) && !port.workload.gateway)
      .map(({ port }) => `${port.workload.id}:${port.port.port} stays open: another policy lets anyone in there too`),
    ...(denied.length > 0 && closing.length > 0
      ? [
          `the default deny also closes ${fewOf(
            closing.map(({ id }) => id),
            5,
          )}, which no ALLOW applies to today: give them one first`,
        ]
      : []),
    ...(omitted > 0 ? [`${omitted} more workloads are affected; write the same policy for each`] : []),
    'apply the new ALLOW policies first, then what narrows and denies; watch the access log for `rbac_access_denied_matched_policy[none]` on new connections (open ones keep the old rules)',
  ];
}
