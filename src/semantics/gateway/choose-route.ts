import type { By } from '../../result/location.ts';
import { isAgeUnknown } from './age.ts';
import type { FilterChain } from './filter-chain.ts';
import { type HttpRoute, matchesRoute, type RoutedRequest } from './http-route.ts';
import { compareSpecificity } from './kubernetes/http-rules.ts';
import type { VirtualHost } from './virtual-hosts.ts';

type HttpChain = Extract<FilterChain, { kind: 'http' }>;

export type RouteChoice =
  | { readonly kind: 'none' }
  | { readonly kind: 'redirect'; readonly by: By }
  | { readonly kind: 'route'; readonly route: HttpRoute; readonly host: VirtualHost };

/** Source: envoy source/common/router/config_impl.cc (VirtualHostImpl::getRouteFromEntries). */
export function chooseRoute(chain: HttpChain, request: RoutedRequest): RouteChoice {
  const host = chain.virtualHosts().find(request.authority);
  if (!host) return { kind: 'none' };
  if (host.redirects && request.scheme !== 'https') return { kind: 'redirect', by: host.redirects };
  const route = host.routes.find((candidate) => matchesRoute(candidate, request));
  return route ? { kind: 'route', route, host } : { kind: 'none' };
}

/** Whether another object has a route for the same request to somewhere else, and which of the two comes first hangs on an age that is not known. */
export function isContested(route: HttpRoute, { routes }: VirtualHost, request: RoutedRequest): boolean {
  const leadsTo = JSON.stringify(route.rule.spec);
  return routes
    .slice(routes.indexOf(route) + 1)
    .some(
      (other) =>
        comesByAge(route, other) && matchesRoute(other, request) && JSON.stringify(other.rule.spec) !== leadsTo,
    );
}

function comesByAge(route: HttpRoute, other: HttpRoute): boolean {
  if (other.catchAll !== route.catchAll) return false;
  if (other.owner !== route.owner) return isAgeUnknown(other.owner, route.owner);
  // Routes of the Gateway API for one host become one object, in which age is the last thing that counts.
  const [one, two] = [route.rule, other.rule];
  if (one.resource === two.resource || route.owner.semantics !== 'gateway-api') return false;
  return compareSpecificity(one, two) === 0 && isAgeUnknown(one.resource, two.resource);
}
