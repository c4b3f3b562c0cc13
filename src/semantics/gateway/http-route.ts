import { byOf } from '../../model/by.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { StringMatch, VirtualServiceHttpMatch } from '../../model/istio/http-route.ts';
import type { By } from '../../result/location.ts';
import { matchesLabels } from '../../model/inventory/label-selection.ts';
import { matchesClaim, routingClaim } from './claim-match.ts';
import { qualifyGateway } from './host-name.ts';
import { compilePathMatch, type PathMatch, textOfPath } from './path-match.ts';
import type { HttpRule, RouteObject } from './route-object.ts';
import { compileTextMatch, type TextMatch, textOfMatch } from './text-match.ts';

/** What routes look at: the request after authentication, with the path normalised. */
export interface RoutedRequest {
  readonly method: string;
  /** With query. */
  readonly path: string;
  readonly plainPath: string;
  readonly authority: string;
  readonly scheme: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly claims: Readonly<Record<string, unknown>> | undefined;
}

export interface RouteCondition {
  readonly on: 'header' | 'query' | 'method' | 'authority' | 'scheme' | 'claim';
  /** Header or parameter; the claim's path for claims. */
  readonly name: string;
  readonly claim?: readonly string[];
  readonly negated: boolean;
  readonly match: TextMatch;
}

/** One route as Envoy holds it: one match of one rule. */
export interface HttpRoute {
  readonly owner: RouteObject;
  readonly rule: HttpRule;
  readonly by: By;
  readonly path: PathMatch;
  readonly conditions: readonly RouteCondition[];
  /** Matches everything, so that it stands behind all others. */
  readonly catchAll: boolean;
  readonly text: string;
}

/**
 * The routes that a route object gives to one port of one Gateway, in order. Nothing after a rule that matches everything is kept.
 *
 * Source: istio pilot/pkg/networking/core/route/route.go (BuildHTTPRoutesForVirtualService, translateRoute).
 */
export function compileHttpRoutes(
  owner: RouteObject,
  port: number,
  gateway: string,
  proxy: Workload,
): readonly HttpRoute[] {
  const routes: HttpRoute[] = [];
  for (const rule of owner.http) {
    const matches = rule.spec.match ?? [];
    if (matches.length === 0) return [...routes, compileRoute(owner, rule, undefined)];
    for (const [index, match] of matches.entries()) {
      if (match.port && match.port !== port) continue;
      if (!appliesTo(match, owner, gateway, proxy)) continue;
      const route = compileRoute(owner, rule, { match, index });
      routes.push(route);
      if (route.catchAll) return routes;
    }
  }
  return routes;
}

function appliesTo(match: VirtualServiceHttpMatch, owner: RouteObject, gateway: string, proxy: Workload): boolean {
  // A waypoint knows no labels of its clients and leaves such a match out (listener_waypoint.go, waypointInboundRoute).
  if (proxy.gateway?.kind === 'waypoint' && Object.keys(match.sourceLabels ?? {}).length > 0) return false;
  if (match.gateways?.length) return match.gateways.some((name) => qualifyGateway(name, owner.namespace) === gateway);
  if (!matchesLabels(match.sourceLabels ?? {}, proxy.labels)) return false;
  return !match.sourceNamespace || match.sourceNamespace === proxy.namespace;
}

function compileRoute(
  owner: RouteObject,
  rule: HttpRule,
  chosen: { readonly match: VirtualServiceHttpMatch; readonly index: number } | undefined,
): HttpRoute {
  const match = chosen?.match ?? {};
  const path = compilePathMatch(match.uri, match.ignoreUriCase ?? false, owner.semantics);
  const conditions = compileConditions(match);
  const matchesAnyPath =
    (path.kind === 'prefix' && path.value === '/') || (path.kind === 'regex' && path.value === '.*');
  // Only in VirtualServices do the matches stand where the rule says.
  const below = owner.semantics === 'istio' && chosen ? ['match', chosen.index] : [];
  return {
    owner,
    rule,
    by: byOf(rule.resource, { rule: rule.index, path: [...rule.path, ...below] }),
    path,
    conditions,
    catchAll: matchesAnyPath && conditions.length === 0,
    text: textOf(path, conditions),
  };
}

type Named = Readonly<Record<string, StringMatch>> | undefined;

function compileConditions(match: VirtualServiceHttpMatch): readonly RouteCondition[] {
  const one = (on: RouteCondition['on'], text: StringMatch | undefined): readonly RouteCondition[] =>
    text ? [{ on, name: on, negated: false, match: compileTextMatch(text) }] : [];
  const named = (on: 'header' | 'query', entries: Named, negated: boolean): readonly RouteCondition[] =>
    Object.entries(entries ?? {}).map(([name, text]) => {
      const claim = on === 'header' ? routingClaim(name) : undefined;
      const compiled = compileTextMatch(text);
      if (claim) return { on: 'claim', name: claim.join('.'), claim, negated, match: compiled };
      return { on, name: on === 'header' ? name.toLowerCase() : name, negated, match: compiled };
    });
  return [
    ...one('method', match.method),
    ...one('authority', match.authority),
    ...one('scheme', match.scheme),
    ...named('header', match.headers, false),
    ...named('header', match.withoutHeaders, true),
    ...named('query', match.queryParams, false),
  ];
}

/** Source: envoy source/common/router/config_impl.cc (RouteEntryImplBase::matchRoute), reference §17.4. */
export function matchesRoute({ path, conditions }: HttpRoute, request: RoutedRequest): boolean {
  return path.test(request.plainPath) && conditions.every((condition) => holds(condition, request));
}

function holds({ on, name, claim = [], negated, match }: RouteCondition, request: RoutedRequest): boolean {
  switch (on) {
    case 'header': {
      const values = request.headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
      if (!negated) return values.some(match.test);
      // A header that is not there counts as empty, but for a condition on mere presence.
      if (match.kind === 'present') return values.length === 0;
      return !(values.length > 0 ? values.some(match.test) : match.test(''));
    }
    case 'query': {
      const value = queryParameter(request.path, name);
      return value !== undefined && match.test(value);
    }
    case 'claim':
      return matchesClaim(request.claims, claim, match.test) !== negated;
    case 'method':
    case 'authority':
    case 'scheme':
      return match.test(request[on]);
  }
}

/** The first of that name, not decoded. */
function queryParameter(path: string, name: string): string | undefined {
  const start = path.indexOf('?');
  if (start < 0) return undefined;
  const end = path.indexOf('#', start);
  for (const part of path.slice(start + 1, end < 0 ? undefined : end).split('&')) {
    const equals = part.indexOf('=');
    const key = equals < 0 ? part : part.slice(0, equals);
    if (key === name) return equals < 0 ? '' : part.slice(equals + 1);
  }
  return undefined;
}

function textOf(path: PathMatch, conditions: readonly RouteCondition[]): string {
  const method = conditions.find(({ on }) => on === 'method');
  const rest = conditions
    .filter((condition) => condition !== method)
    .map(
      ({ on, name, negated, match }) =>
        `${negated ? 'without' : 'with'} ${on === name ? on : `${on} ${name}`}: ${textOfMatch(match)}`,
    );
  return [...(method ? [textOfMatch(method.match)] : []), textOfPath(path), ...rest].join(' ');
}
