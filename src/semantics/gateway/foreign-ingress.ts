import { byOf } from '../../model/by.ts';
import { type Mesh, serviceId } from '../../model/inventory/types.ts';
import type { Ingress, IngressBackend } from '../../model/k8s/ingress.ts';
import type { Path, Resource } from '../../model/resource.ts';
import type { By } from '../../result/location.ts';
import { isIstioIngress } from './ingress.ts';
import { controllerOf } from './kubernetes/classes.ts';

/** A way in that no gateway of Istio serves. */
export interface ForeignIngress {
  readonly by: By;
  /** `Ingress shop/web`. */
  readonly what: string;
  /** Port of the Service that it names, by number or name; undefined: any of them. */
  readonly port: number | string | undefined;
}

const FOUND = new WeakMap<Mesh, ReadonlyMap<string, readonly ForeignIngress[]>>();

/** By Service: Ingresses of other controllers, and routes of Gateways of other classes. */
export function foreignIngresses(mesh: Mesh): ReadonlyMap<string, readonly ForeignIngress[]> {
  let found = FOUND.get(mesh);
  if (!found) {
    found = collect(mesh);
    FOUND.set(mesh, found);
  }
  return found;
}

function collect(mesh: Mesh): ReadonlyMap<string, readonly ForeignIngress[]> {
  const byService = new Map<string, ForeignIngress[]>();
  const add = (
    owner: Resource,
    namespace: string,
    name: string,
    port: number | string | undefined,
    path: Path,
  ): void => {
    if (name === '') return;
    const id = serviceId(owner.cluster, namespace, name);
    const entry = { by: byOf(owner, { path }), what: `${owner.kind} ${owner.namespace}/${owner.name}`, port };
    const list = byService.get(id);
    if (list) list.push(entry);
    else byService.set(id, [entry]);
  };
  for (const ingress of mesh.resources.of('Ingress')) {
    if (isIstioIngress(mesh, ingress)) continue;
    for (const { backend, path } of backendsOf(ingress)) {
      const { name, port } = readBackend(backend);
      add(ingress, ingress.namespace, name, port, path);
    }
  }
  for (const kind of ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute'] as const) {
    for (const route of mesh.resources.of(kind)) {
      if (!isServedElsewhere(mesh, route)) continue;
      for (const [index, rule] of (route.spec.rules ?? []).entries()) {
        for (const { kind: to = 'Service', name = '', namespace = route.namespace, port } of rule.backendRefs ?? []) {
          if (to === 'Service') add(route, namespace, name, port, ['spec', 'rules', index]);
        }
      }
    }
  }
  return byService;
}

function isServedElsewhere(
  mesh: Mesh,
  route: Resource<{
    readonly parentRefs?: readonly { readonly kind?: string; readonly namespace?: string; readonly name?: string }[];
  }>,
): boolean {
  return (route.spec.parentRefs ?? []).some(({ kind = 'Gateway', namespace = route.namespace, name = '' }) => {
    const gateway =
      kind === 'Gateway' ? mesh.resources.find('KubernetesGateway', namespace, name, route.cluster) : undefined;
    return gateway !== undefined && controllerOf(mesh, gateway) === 'foreign';
  });
}

function backendsOf({
  spec,
}: Ingress): readonly { readonly backend: IngressBackend; readonly path: readonly (string | number)[] }[] {
  const fallback = spec.defaultBackend ?? spec.backend;
  return [
    ...(fallback ? [{ backend: fallback, path: ['spec', spec.defaultBackend ? 'defaultBackend' : 'backend'] }] : []),
    ...(spec.rules ?? []).flatMap(({ http }, index) =>
      (http?.paths ?? []).flatMap(({ backend }, at) =>
        backend ? [{ backend, path: ['spec', 'rules', index, 'http', 'paths', at] }] : [],
      ),
    ),
  ];
}

function readBackend({ service, serviceName, servicePort }: IngressBackend): {
  readonly name: string;
  readonly port: number | string | undefined;
} {
  return {
    name: service?.name ?? serviceName ?? '',
    port: service?.port?.number ?? service?.port?.name ?? servicePort,
  };
}
