import type { Facts } from '../../graph/facts.ts';
import type { CauseGroup, Explanation } from '../rule.ts';
import { extentOf, workloadsOf } from '../workload-names.ts';
import { checkFlows, describeCheck } from '../check-flows.ts';
import { closeNamespace, closeWaypoint } from './close-namespace.ts';
import { closedByDefault } from './default-deny.ts';
import { attackerOf, openPortsOf, validationOf } from './open-ports.ts';
import { proposalSteps } from './proposal-steps.ts';

/** The words and the change for a namespace, or a waypoint, without a default deny. */
export function explainOpenNamespace({ fails }: CauseGroup, facts: Facts): Explanation {
  const workloads = workloadsOf(facts, fails);
  const open = openPortsOf(facts, fails);
  const [first] = open;
  const namespace = fails[0]?.subject.namespace ?? '';
  const cluster = fails[0]?.subject.cluster ?? '';
  const waypoint = first?.opening.through;
  const proposal = waypoint ? closeWaypoint(facts, waypoint, open) : closeNamespace(facts, namespace, cluster, open);
  const closing = waypoint
    ? []
    : closedByDefault(facts, namespace, cluster).filter((workload) => !workloads.includes(workload));
  const check = checkFlows(facts, proposal.after, [...proposal.callers.keys()]);
  const place = waypoint ? `waypoint ${waypoint.id}` : `namespace ${namespace}`;
  const extent = waypoint || workloads.length === 1 ? extentOf(workloads) : `${workloads.length} workloads`;
  const ports = `${fails.length} ${fails.length === 1 ? 'port' : 'ports'} of ${extent}`;
  const named = new Set([...proposal.callers.values()].flatMap((each) => each.named.map(({ identity }) => identity)));
  const allow =
    named.size > 0
      ? `ALLOW for the ${named.size} ${named.size === 1 ? 'caller' : 'callers'} that the input names`
      : 'ALLOW for callers once they are known: the input names none';
  return {
    title: `${place} has no default deny: no policy says who may call ${ports}`,
    scenario: first
      ? `${attackerOf(first)} calls ${first.port.workload.id}:${first.port.port.port}; no ALLOW policy applies, so that whatever no DENY matches passes.`
      : 'Whoever calls gets in: no ALLOW policy applies.',
    impact:
      'Confidentiality, integrity, availability: one pod that is taken over reaches every one of these ports, and nothing limits what it does there.',
    remediation: {
      summary: `default deny in ${place}, with ${allow} (${describeCheck(check)})`,
      changes: proposal.changes,
      steps: proposalSteps(proposal, check, { ports: open, closing }),
    },
    validation: validationOf(first),
    rollback: 'delete the new policies: everything passes again at once',
  };
}
