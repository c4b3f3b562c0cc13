import { shownToken } from '../../semantics/jwt/shown-token.ts';
import { dump } from 'js-yaml';
import type { Facts } from '../../graph/facts.ts';
import { requestOf as requestOfQuery } from '../../graph/request-of.ts';
import { waysThrough } from '../../graph/ways-through.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { Proof } from '../../remediate/prove.ts';
import { answerCall, describeCall, type WantedCall } from '../../remediate/wanted-calls.ts';
import type { Request } from '../../result/request.ts';
import type { PlanStep } from '../../result/types.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { decide } from '../../semantics/decide.ts';
import { resolveRequest } from '../../semantics/resolve-request.ts';
import { quote } from '../../util/quote.ts';
import { kubectl } from './kubectl.ts';
import { requestFlags } from './request-flags.ts';

const MOST = 5;

/**
 * What to try on new connections once a step is made: wanted calls that have to pass and requests that it closes, each decided on the model of
 * the whole plan. The commands ask the model and the cluster, the cases are for a PolicyTest.
 */
export function stepTests(
  facts: Facts,
  after: Enforcement,
  { calls, denied }: Proof,
  input: string,
): PlanStep['tests'] {
  const wanted = calls.flatMap((call) => {
    const request = requestOf(after, call);
    return request ? [{ name: `${describeCall(call)} passes`, request, expect: 'allow' as const }] : [];
  });
  const closed = denied
    .filter((request) => outcomeOf(after, request) === 'deny')
    .map((request, index) => ({ name: `closed ${index + 1}`, request, expect: 'deny' as const }));
  const positive = wanted.slice(0, MOST);
  const negative = closed.slice(0, MOST).map((each) => ({ ...each, name: `${lineOf(each.request)} is refused` }));
  return {
    positive: positive.flatMap(({ request }) => commandsOf(facts, request, input, 'allow')),
    negative: negative.flatMap(({ request }) => commandsOf(facts, request, input, 'deny')),
    cases:
      positive.length + negative.length === 0 ? '' : dump([...positive, ...negative], { lineWidth: 140, noRefs: true }),
  };
}

const lineOf = ({ from, to, http }: Request): string =>
  `${from.workload ?? from.position ?? (from.internet ? 'internet' : (from.principal ?? 'plaintext'))} → ${to.workload ?? to.service ?? to.gateway}:${to.port}${http ? ` ${http.method} ${http.path}` : ''}`;

function outcomeOf(enforcement: Enforcement, request: Request): string {
  const queries = resolveRequest(enforcement.mesh, request);
  if ('error' in queries) return 'unknown';
  const outcomes = new Set(queries.map((query) => decide(enforcement, query).outcome));
  return outcomes.size === 1 ? ([...outcomes][0] ?? 'unknown') : 'unknown';
}

/** A wanted call as a request with the token that it passes by; undefined where it does not pass as written. */
function requestOf(after: Enforcement, call: WantedCall): Request | undefined {
  const answer = answerCall(after, call);
  if (!answer) return undefined;
  const { http, token, destination } = answer.query;
  const { via, workload } = destination;
  // Through a gateway it goes by a host of a route, with a certificate where that is asked for.
  if (workload.dataPlane.kind === 'gateway') {
    const routed = requestOfQuery(answer.query);
    return outcomeOf(after, routed) === 'allow' ? routed : undefined;
  }
  const request: Request = {
    from: { workload: call.from },
    to: via
      ? { service: `${via.service.namespace}/${via.service.name}`, port: via.port.port }
      : { workload: call.to, port: call.port },
    ...(http ? { http: { method: http.method, path: http.path, ...(http.host ? { host: http.host } : {}) } } : {}),
    ...(token ? { jwt: shownToken(token) } : {}),
  };
  return outcomeOf(after, request) === 'allow' ? request : undefined;
}

function commandsOf(facts: Facts, request: Request, input: string, expected: 'allow' | 'deny'): readonly string[] {
  const flags = requestFlags(request);
  const real = liveCommand(facts, request, expected);
  return [
    ...(flags ? [`meshproof explain ${input} ${flags.join(' ')}   # ${expected}`] : []),
    ...(real === undefined ? [] : [real]),
  ];
}

const EXECS: Readonly<Record<string, string>> = {
  Deployment: 'deploy',
  StatefulSet: 'sts',
  DaemonSet: 'ds',
  Pod: 'pod',
};
const CURL = "curl -sS -o /dev/null -w '%{http_code}\\n' --max-time 5";

/** The same request in the cluster, by curl; only HTTP shows how it fares. */
function liveCommand({ mesh, enforcement }: Facts, request: Request, expected: string): string | undefined {
  const { from, to, http, jwt } = request;
  const workload = mesh.workloads.find(({ id }) => id === to.workload);
  const service = to.service ?? (workload && serviceFor(enforcement, workload, to.port));
  if (!http || service === undefined || to.gateway !== undefined) return undefined;
  const [name = '', port = to.port] = typeof service === 'string' ? [service, to.port] : [service.name, service.port];
  // Names of services are the same in all clusters.
  const [namespace, host] = name.replace(/^.*:/, '').split('/');
  const url = `http://${host}.${namespace}:${port}${http.path}`;
  const headers = jwt ? ` -H "Authorization: Bearer $TOKEN"` : '';
  const curl = `${CURL} -X ${quote(http.method)}${headers} ${quote(url)}`;
  const comment = expected === 'allow' ? '# not 403, 401 or 000' : '# 403, 401 or 000 (no answer)';
  const sender = mesh.workloads.find(({ id }) => id === from.workload);
  if (sender) {
    const kind = EXECS[sender.kind];
    return kind && !from.plaintext
      ? `${kubectl(sender.cluster)} exec -n ${sender.namespace} ${kind}/${sender.name} -- ${curl}   ${comment}`
      : undefined;
  }
  if (from.position !== 'pod-outside-mesh') return undefined;
  return `${kubectl(workload?.cluster)} run meshproof-probe --rm -i --restart=Never --image=curlimages/curl --labels sidecar.istio.io/inject=false,istio.io/dataplane-mode=none -- ${curl}   ${comment}`;
}

function serviceFor(
  enforcement: Enforcement,
  workload: Workload,
  port: number,
): { readonly name: string; readonly port: number } | undefined {
  const own = workload.ports.find((each) => each.port === port);
  const [via] = own ? waysThrough(enforcement, own) : [];
  return via && { name: `${via.service.namespace}/${via.service.name}`, port: via.port.port };
}
