import type { By } from '../../result/location.ts';
import { isAgeUnknown } from './age.ts';
import type { FilterChain } from './filter-chain.ts';
import { type HttpRoute, matchesRoute, type RoutedRequest } from './http-route.ts';

export type RouteChoice =
  | { readonly kind: 'none' }
  | { readonly kind: 'redirect'; readonly by: By }
  | {
      readonly kind: 'route';
      readonly route: HttpRoute;
      /** Another object has a route for the same request, and which of them is the older is not known. */
      readonly contested: boolean;
    };

/** Source: envoy source/common/router/config_impl.cc (VirtualHostImpl::getRouteFromEntries). */
export function chooseRoute(chain: Extract<FilterChain, { kind: 'http' }>, request: RoutedRequest): RouteChoice {
  const host = chain.virtualHosts().find(request.authority);
  if (!host) return { kind: 'none' };
  if (host.redirects && request.scheme !== 'https') return { kind: 'redirect', by: host.redirects };
  const at = host.routes.findIndex((candidate) => matchesRoute(candidate, request));
  const route = host.routes[at];
  if (!route) return { kind: 'none' };
  const { owner } = route;
  const contested =
    owner.creationTimestamp === undefined &&
    host.routes
      .slice(at + 1)
      .some(
        (other) =>
          other.owner.resource !== owner.resource && isAgeUnknown(other.owner, owner) && matchesRoute(other, request),
      );
  return { kind: 'route', route, contested };
}
