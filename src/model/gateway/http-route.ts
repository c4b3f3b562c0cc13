import { defineKind, type ResourceOf } from '../kind.ts';
import { type Infer, list, number, object, string } from '../shape.ts';
import { routeFilter } from './filter.ts';
import { parentReference } from './reference.ts';

/** `type`: Exact (the default) or RegularExpression. */
const namedMatch = object({ type: string, name: string, value: string });

const match = object({
  /** `type`: PathPrefix (the default, with `/`), Exact or RegularExpression. */
  path: object({ type: string, value: string }),
  headers: list(namedMatch),
  queryParams: list(namedMatch),
  method: string,
});

const backend = object({
  group: string,
  kind: string,
  namespace: string,
  name: string,
  port: number,
  weight: number,
  filters: list(routeFilter),
});

const rule = object({ name: string, matches: list(match), filters: list(routeFilter), backendRefs: list(backend) });

export const httpRoute = defineKind({
  name: 'HTTPRoute',
  kind: 'HTTPRoute',
  group: 'gateway.networking.k8s.io',
  scope: 'Namespaced',
  shape: object({ parentRefs: list(parentReference), hostnames: list(string), rules: list(rule) }),
});

export type HTTPRoute = ResourceOf<typeof httpRoute>;
export type HTTPRouteRule = Infer<typeof rule>;
export type HTTPRouteMatch = Infer<typeof match>;
