import { decidePatched } from '../patches/decide-patched.ts';
import type { HttpRequest } from '../attempt.ts';
import type { Enforcement } from '../enforcement.ts';
import { explaining } from '../judged.ts';
import { normalizePath, withoutQuery } from '../http/normalize-path.ts';
import { readToken } from '../jwt/read-token.ts';
import { APPLIED_TOGETHER } from '../mtls/effective-mode.ts';
import { ownAnswer } from './answer.ts';
import { httpBackends } from './backend.ts';
import {
  advance,
  type Arrived,
  finish,
  type GatewayQuery,
  type GatewayVerdict,
  type Progress,
  reach,
  step,
} from './gateway-verdict.ts';
import type { FilterChain } from './filter-chain.ts';
import { withCertificate } from './forwarded-certificate.ts';
import { gatewayView, trustedProxies } from './gateway-view.ts';
import { chooseRoute, isContested } from './choose-route.ts';
import type { RoutedRequest } from './http-route.ts';
import type { GatewayIndex } from './index-gateways.ts';

/** The HTTP side of a gateway: policies first, then virtual host, redirect to HTTPS, route, backend. Reference §17.4, §17.5. */
export function decideHttp(
  enforcement: Enforcement,
  index: GatewayIndex,
  chain: Extract<FilterChain, { kind: 'http' }>,
  sent: GatewayQuery,
  arrived: Arrived,
  progress: Progress,
): GatewayVerdict {
  const { workload, port } = sent.destination;
  const server = chain.servers[0];
  const { refusedBy } = chain.virtualHosts();
  if (refusedBy) {
    const assumes = [...progress.assumes, 'the gateway holds no earlier configuration that it goes on with'];
    return finish('deny', refusedBy, `Envoy refuses the routes of port ${port}: one of them has no destination`, {
      ...progress,
      assumes,
    });
  }
  if (!sent.http) return finish('deny', server?.by ?? null, `port ${port} is HTTP and the bytes are not`, progress);
  const config = enforcement.configOf(workload);
  const path = normalizePath(sent.http.path, config.pathNormalization.value);
  const headers = withCertificate(enforcement, workload, sent.http.headers, arrived.certificate, chain.tls);
  const query: GatewayQuery = { ...sent, http: { ...sent.http, headers } };
  const http: HttpRequest = { ...sent.http, path, headers };
  const policies = enforcement.envoy(workload);
  const view = gatewayView(enforcement, query, arrived, path);
  const decision = decidePatched(
    enforcement.changesAt(workload),
    { chain: policies.http, providers: policies.providers },
    {
      view,
      ...explaining(
        query,
        { point: 'gateway', workload, chain: policies.http, providers: policies.providers },
        policies.authorization,
      ),
      ...(query.token ? { token: query.token } : {}),
    },
    'gateway',
  );
  const after = advance(progress, decision);
  if (decision.outcome !== 'allow') return finish(decision.outcome, decision.by, decision.reason, after);

  const token = readToken(policies.providers, http, query.token);
  const scheme = schemeOf(enforcement, query, arrived.isTls);
  const request: RoutedRequest = {
    method: http.method,
    path,
    plainPath: withoutQuery(path),
    authority: http.host,
    scheme,
    headers: token.carrier ? [...http.headers, token.carrier] : http.headers,
    claims: token.claims,
  };
  const chosen = chooseRoute(chain, request);
  const stop = (reason: string, by: GatewayVerdict['by']): GatewayVerdict =>
    finish('deny', by, reason, { ...after, trace: [...after.trace, step('route', 'stop', reason, by)] });
  if (chosen.kind === 'none') return stop(`no route of port ${port} takes ${http.method} ${http.host}${path}`, null);
  if (chosen.kind === 'redirect') return stop('the gateway redirects plain HTTP to HTTPS', chosen.by);
  const { route } = chosen;
  const answer = ownAnswer(route, http);
  if (answer !== undefined) return stop(answer, route.by);
  const clientIp = query.source.ip;
  const { forwarded: forwardsToken, carrier } = token;
  const departing = { http, clientIp, forwardsToken, ...(carrier ? { carrier } : {}) };
  const context = {
    routeNamespace: route.owner.namespace,
    proxy: workload,
    listenPort: server?.port ?? port,
  };
  const found = httpBackends(route, departing, index.destinations, context);
  const assumes = [...found.assumes, ...(isContested(route, chosen.host, request) ? [APPLIED_TOGETHER] : [])];
  return reach({ ...found, assumes }, route.by, after);
}

/** What the client says of its scheme counts only with trusted proxies in front. Reference §8.1, vectors. */
function schemeOf(enforcement: Enforcement, query: GatewayQuery, isTls: boolean): string {
  const own = isTls ? 'https' : 'http';
  if (trustedProxies(enforcement, query.destination.workload) === 0) return own;
  return query.http?.headers.find(([name]) => name.toLowerCase() === 'x-forwarded-proto')?.[1] ?? own;
}
