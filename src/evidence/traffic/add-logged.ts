import { withWorkloads } from '../with-workloads.ts';
import type { AccessLog, LoggedRequest } from '../../model/observation/access-log.ts';
import type { SeenRequest } from '../../model/observation/seen-request.ts';
import type { Request } from '../../result/request.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { groupBy } from '../../util/group-by.ts';
import type { Evidence } from '../evidence.ts';
import { compareAnswer } from '../probes/compare-answer.ts';
import { type Exercised, exercise } from '../probes/exercise.ts';
import { NOTHING_COMPARED, unseen } from '../unseen.ts';
import { locateDestination } from './locate-destination.ts';
import { locateSource } from './locate-source.ts';
import { hostOf, portOf, workloadAt, workloadOfProxy } from './locate-pod.ts';

/** Telemetry proves nothing about today after a week (method.md, Evidence). */
const WEEK = 7 * 24 * 60 * 60 * 1000;
/** Alike requests beyond this prove no more. */
const PER_PORT = 50;

/**
 * Adds what access logs of the destinations' sidecars show: a port where requests passed and others were refused by the mesh, both as the
 * configuration says, was exercised both ways. A log shows neither headers nor tokens, so that a line which differs contradicts nothing.
 */
export function addLogged(
  enforcement: Enforcement,
  evidence: Evidence,
  logs: readonly AccessLog[],
  newest: number,
): Evidence {
  if (logs.length === 0) return evidence;
  const until = Math.max(newest, ...logs.map(({ window }) => (window ? Date.parse(window.to) : 0)));
  const isRecent = ({ days }: LoggedRequest): boolean =>
    days.length === 0 || until - Date.parse(days.at(-1) ?? '') <= WEEK;
  const counted = new Map<string, number>();
  const found: Exercised[] = [];
  for (const { seen } of logs.flatMap(({ requests }) => requests).filter(isRecent)) {
    const answered = readAnswer(seen);
    const request = answered && requestOf(enforcement, seen, answered.by);
    if (!answered || !request) continue;
    const key = `${request.to.workload}:${request.to.port} ${answered.answer}`;
    const known = counted.get(key) ?? 0;
    if (known >= PER_PORT) continue;
    const compared = compareAnswer(enforcement, { request, ...answered });
    // Without headers and tokens nothing that depends on them is known to agree.
    if (!compared || 'error' in compared || compared.kind || compared.verdict.outcome === 'unknown') continue;
    if (compared.verdict.requires.length > 0) continue;
    counted.set(key, known + 1);
    found.push({ ...answered, query: compared.query, verdict: compared.verdict });
  }
  const known = new Map(evidence.all.map((each) => [each.workload.id, each]));
  const byPort = groupBy(found, ({ query: { destination } }) => `${destination.workload.id}:${destination.port}`);
  for (const list of byPort.values()) {
    const destination = list[0]?.query.destination;
    if (!destination) continue;
    const { workload, port } = destination;
    const before = known.get(workload.id) ?? unseen(workload);
    const next = exercise(before.ports.get(port) ?? NOTHING_COMPARED, list, ' in access logs');
    known.set(workload.id, { ...before, ports: new Map([...before.ports, [port, next]]) });
  }
  return withWorkloads(evidence, known);
}

type Answered = Pick<Exercised, 'answer' | 'by'>;

const NO_CHAIN = /filter_chain_not_found/;

/**
 * What the destination's sidecar did with it; undefined: the line does not show it. `via_upstream`: the application answered. Source: Envoy
 * source/common/stream_info/utility.h, source/extensions/filters/http/rbac.
 */
function readAnswer({
  kind,
  cluster,
  matched,
  details = '',
  code = 0,
  flags = '-',
}: SeenRequest): Answered | undefined {
  if (kind !== 'envoy') return undefined;
  if (NO_CHAIN.test(details)) return { answer: 'denied', by: 'connection' };
  if (!cluster?.startsWith('inbound|')) return undefined;
  if (matched !== undefined) return { answer: 'denied', by: code > 0 ? 'policy' : 'connection' };
  if (/^jwt_authn/.test(details)) return { answer: 'denied', by: 'token' };
  return details === 'via_upstream' || (code === 0 && flags === '-') ? { answer: 'allowed' } : undefined;
}

function requestOf(enforcement: Enforcement, seen: SeenRequest, by: Answered['by']): Request | undefined {
  if (by === 'connection' && NO_CHAIN.test(seen.details ?? '')) return unmatched(enforcement, seen);
  const to = locateDestination(enforcement, seen);
  if ('error' in to || to.workload === undefined) return undefined;
  const from = locateSource(enforcement.mesh, seen, {});
  if (!from) return undefined;
  const { method, path, host } = seen;
  const http =
    method === undefined || path === undefined
      ? {}
      : { http: { method, path, ...(host === undefined ? {} : { host }) } };
  return { from, to, ...http };
}

/** No filter chain takes the connection: neither TLS of Istio nor, under STRICT, anything else. The line names the addresses alone. */
function unmatched({ mesh }: Enforcement, seen: SeenRequest): Request | undefined {
  const port = portOf(seen.downstreamLocal);
  const workload = workloadOfProxy(mesh, seen.proxy) ?? workloadAt(mesh, hostOf(seen.downstreamLocal));
  if (!workload || port === undefined) return undefined;
  return { from: { plaintext: true }, to: { workload: workload.id, port }, http: { method: 'GET', path: '/' } };
}
