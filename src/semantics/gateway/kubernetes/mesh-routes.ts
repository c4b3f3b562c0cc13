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
 * HTTPRoutes and GRPCRoutes with a Service or a ServiceEntry as parent: what sidecars and waypoints route by. One of another namespace than the service's is for clients of its own
 * namespace alone. Routes of one host become one, ordered by how specific they are.
 *
 * Source: istio pilot/pkg/config/kube/gateway/conversion.go (extractParentReferenceInfo), route_collections.go (mergeHTTPRoutes).
 */
export function readMeshKubernetesRoutes(mesh: Mesh): readonly RouteObject[] {
  const routes = [...mesh.resources.of('HTTPRoute'), ...mesh.resources.of('GRPCRoute')].sort(byAge);
  const groups = new Map<
    string,
    { readonly route: HTTPRoute | GRPCRoute; readonly host: string; readonly isConsumer: boolean; rules: HttpRule[] }
  >();
  for (const route of routes) {
    for (const parent of route.spec.parentRefs ?? []) {
      const namespace = parent.namespace ?? route.namespace;
      const isConsumer = namespace !== route.namespace;
      for (const host of hostsOf(mesh, route.cluster, namespace, parent)) {
        const key = `${route.kind} ${route.cluster}:${isConsumer ? route.namespace : ''}/${host}`;
        const rules = readHttpRules(mesh.resources, route).map((rule) => forPort(rule, parent.port));
        const group = groups.get(key);
        if (group) group.rules.push(...rules);
        else groups.set(key, { route, host, isConsumer, rules: [...rules] });
      }
    }
  }
  return [...groups.values()].map(({ route, host, isConsumer, rules }) => ({
    ...routeObject(route, MESH, [host]),
    exportTo: isConsumer ? ['.'] : undefined,
    http: sortHttpRules(rules),
  }));
}

/** What a Service or a ServiceEntry as parent stands for; none of any other. */
function hostsOf(mesh: Mesh, cluster: string, namespace: string, parent: ParentReference): readonly string[] {
  const { kind, group, name = '' } = parent;
  if (kind === 'Service' && !group) return [serviceHost(name, namespace)];
  if (kind !== 'ServiceEntry' || group !== 'networking.istio.io') return [];
  const hosts = mesh.resources.find('ServiceEntry', namespace, name, cluster)?.spec.hosts ?? [];
  return hosts.map((host) => host.toLowerCase());
}

function forPort(rule: HttpRule, port: number | undefined): HttpRule {
  if (!port) return rule;
  const matches = rule.spec.match?.length ? rule.spec.match : [{}];
  return { ...rule, spec: { ...rule.spec, match: matches.map((match) => ({ ...match, port })) } };
}
