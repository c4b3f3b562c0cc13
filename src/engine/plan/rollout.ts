import type { Facts } from '../../graph/facts.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { Candidate } from '../../remediate/candidate.ts';
import { type Change, objectOfChange } from '../../model/change/change.ts';
import type { PlanStep } from '../../result/types.ts';

const RANK = ['none', 'low', 'medium', 'high', 'critical'];

/** What to change first, how long to watch it, and what to go back for. */
export function rolloutOf(facts: Facts, candidate: Candidate): PlanStep['rollout'] {
  if (candidate.isTrial) return TRIAL;
  return { canary: canaryOf(facts, candidate), soak: soakOf(candidate), abort: abortOn(candidate) };
}

/** A dry run refuses nothing. Shadow rules know only each other (reference §15.10), so that what they would deny is looked at one by one. */
const TRIAL: PlanStep['rollout'] = {
  canary: 'none needed: nothing is refused',
  soak: '7 days, so that weekly jobs and rare callers have run once',
  abort: {
    metric: 'envoy_http_inbound_*_rbac{authz_dry_run_result="denied"}, and the rbac log of the proxies',
    threshold: 'none: declare as `wanted` whoever is counted there and has to go on, then plan again',
  },
};

/** The least sensitive of several workloads; of one, a single pod where a restart is needed. */
function canaryOf(facts: Facts, { destinations, senders, changes }: Candidate): string {
  const touched = [...new Set([...destinations, ...senders])].filter(({ gateway }) => !gateway);
  const rank = (workload: Workload): number => RANK.indexOf(facts.sensitivity(workload).level);
  const [first] = touched.toSorted((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
  if (!first) return 'none: the change takes effect at once; make it when few depend on it';
  if (touched.length === 1)
    return restarts(changes)
      ? `one pod of ${first.id} (kubectl rollout pause after the first)`
      : `${first.id} alone is affected: make the change in a staging copy first`;
  return `${first.id} first, the least sensitive of ${touched.length}: give the new objects a selector of ${labelsOf(first)}, then take it out`;
}

const labelsOf = ({ labels }: Workload): string => {
  const [name, value] = Object.entries(labels).find(([key]) => /(^|\/)(app|name|instance)$/.test(key)) ??
    Object.entries(labels)[0] ?? ['app', '…'];
  return `${name}=${value}`;
};

const has = (changes: readonly Change[], ...kinds: readonly string[]): boolean =>
  changes.some((change) => kinds.includes(objectOfChange(change).kind));
const restarts = (changes: readonly Change[]): boolean =>
  has(changes, 'Deployment', 'StatefulSet', 'DaemonSet', 'Pod', 'CronJob', 'Job', 'Namespace');

function soakOf({ changes, unknownCallers, unproven }: Candidate): string {
  if (unknownCallers.length > 0 || unproven.length > 0)
    return '7 days, so that weekly jobs and rare callers have run once';
  return restarts(changes) ? '1 hour after the last pod restarted' : '24 hours, so that daily jobs have run once';
}

/** Envoy keeps open connections on the old rules until they are drained, 45 seconds by default (reference §15.12). */
function abortOn({ changes, destinations, senders }: Candidate): PlanStep['rollout']['abort'] {
  if (has(changes, 'RoleBinding', 'ClusterRoleBinding', 'Role', 'ClusterRole'))
    return {
      metric: 'apiserver_request_total{code="403"} and the audit log of the API server for the accounts named',
      threshold: 'any 403 of these accounts',
    };
  const labels = destinationLabels(destinations.length > 0 ? destinations : senders);
  if (has(changes, 'PeerAuthentication', 'NetworkPolicy'))
    return {
      metric: `sum(rate(istio_requests_total{reporter="source",response_flags=~"UF|UC|URX",${labels}}[5m]))`,
      threshold: 'above what it was in the hour before, for 5 minutes',
    };
  if (destinations.length > 0 && destinations.every(({ ports }) => ports.every(({ chain }) => chain === 'tcp')))
    return {
      metric: `sum(rate(istio_tcp_connections_opened_total{${labels}}[5m]))`,
      threshold: 'below half of what it was at the same hour the day before, for 5 minutes',
    };
  return {
    metric: `sum(rate(istio_requests_total{reporter=~"destination|waypoint",response_code="403",${labels}}[5m]))`,
    threshold: 'above what it was in the hour before, for 5 minutes',
  };
}

const MOST = 8;

function destinationLabels(workloads: readonly Workload[]): string {
  const namespaces = [...new Set(workloads.map(({ namespace }) => namespace))].sort();
  const names = [...new Set(workloads.map(({ name }) => name))].sort();
  const own = `destination_workload_namespace=~"${namespaces.join('|')}"`;
  return names.length > MOST ? own : `${own},destination_workload=~"${names.join('|')}"`;
}
