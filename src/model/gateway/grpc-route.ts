import { defineKind, type ResourceOf } from '../kind.ts';
import { type Infer, list, number, object, string } from '../shape.ts';
import { routeFilter } from './filter.ts';
import { parentReference } from './reference.ts';

const match = object({
  method: object({ type: string, service: string, method: string }),
  headers: list(object({ type: string, name: string, value: string })),
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

export const grpcRoute = defineKind({
  name: 'GRPCRoute',
  kind: 'GRPCRoute',
  group: 'gateway.networking.k8s.io',
  scope: 'Namespaced',
  shape: object({ parentRefs: list(parentReference), hostnames: list(string), rules: list(rule) }),
});

export type GRPCRoute = ResourceOf<typeof grpcRoute>;
export type GRPCRouteRule = Infer<typeof rule>;
