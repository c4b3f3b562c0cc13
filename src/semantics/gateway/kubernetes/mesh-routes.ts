import type { Mesh } from '../../../model/inventory/types.ts';
import type { ParentReference } from '../../../model/gateway/reference.ts';
import type { GRPCRoute } from '../../../model/gateway/grpc-route.ts';
import type { HTTPRoute } from '../../../model/gateway/http-route.ts';
import { serviceHost } from '../host-name.ts';
import type { HttpRule, RouteObject } from '../route-object.ts';
import { readHttpRules, sortHttpRules } from './http-rules.ts';
import { byAge, routeObject } from './routes.ts';

const MESH = 'mesh';

/**
 * HTTPRoutes and GRPCRoutes with a Service as parent: what sidecars route by. One of another namespace than the service's is for clients of its own
 * namespace alone. Routes of one service become one, ordered by how specific they are.
 *
 * Source: istio pilot/pkg/config/kube/gateway/conversion.go (extractParentReferenceInfo), route_collections.go (mergeHTTPRoutes).
 */
export function readMeshKubernetesRoutes(mesh: Mesh): readonly RouteObject[] {
  const routes = [...mesh.resources.of('HTTPRoute'), ...mesh.resources.of('GRPCRoute')].sort(byAge);
  const groups = new Map<string, { readonly route: HTTPRoute | GRPCRoute; readonly host: string; rules: HttpRule[] }>();
  for (const route of routes) {
    for (const parent of (route.spec.parentRefs ?? []).filter(isService)) {
      const namespace = parent.namespace ?? route.namespace;
      const host = serviceHost(parent.name ?? '', namespace);
      const isConsumer = namespace !== route.namespace;
      const key = `${route.kind} ${route.cluster}:${isConsumer ? route.namespace : ''}/${host}`;
      const rules = readHttpRules(mesh.resources, route).map((rule) => forPort(rule, parent.port));
      const group = groups.get(key);
      if (group) group.rules.push(...rules);
      else groups.set(key, { route, host, rules: [...rules] });
    }
  }
  return [...groups.values()].map(({ route, host, rules }) => ({
    ...routeObject(route, MESH, [host]),
    exportTo: host.endsWith(`.${route.namespace}.svc.cluster.local`) ? undefined : ['.'],
    http: sortHttpRules(rules),
  }));
}

const isService = ({ kind, group }: ParentReference): boolean => kind === 'Service' && !group;

function forPort(rule: HttpRule, port: number | undefined): HttpRule {
  if (!port) return rule;
  const matches = rule.spec.match?.length ? rule.spec.match : [{}];
  return { ...rule, spec: { ...rule.spec, match: matches.map((match) => ({ ...match, port })) } };
}
