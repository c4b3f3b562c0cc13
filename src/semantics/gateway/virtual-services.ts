import type { Mesh } from '../../model/inventory/types.ts';
import type { VirtualService } from '../../model/istio/virtual-service.ts';
import { expandDelegates } from './delegate.ts';
import { qualifyGateway, qualifyHost } from './host-name.ts';
import type { RouteObject } from './route-object.ts';

/** The VirtualServices that bind to gateways: those with hosts that name a Gateway other than `mesh`. */
export function readVirtualServices(mesh: Mesh): readonly RouteObject[] {
  return readBound(mesh, (resource) =>
    (resource.spec.gateways ?? [])
      .map((gateway) => qualifyGateway(gateway, resource.namespace))
      .filter((gateway) => gateway !== MESH),
  );
}

export const MESH = 'mesh';

/** Those that sidecars route by: they name `mesh`, or no gateway at all. Source: istio pilot/pkg/model/virtualservice.go (initVirtualServices). */
export function readMeshVirtualServices(mesh: Mesh): readonly RouteObject[] {
  return readBound(mesh, ({ spec: { gateways } }) => (!gateways?.length || gateways.includes(MESH) ? [MESH] : []));
}

function readBound(mesh: Mesh, gatewaysOf: (resource: VirtualService) => readonly string[]): readonly RouteObject[] {
  const exportedByDefault = mesh.config.defaultExportTo.value.virtualService;
  return mesh.resources.of('VirtualService').flatMap((resource) => {
    const { spec, namespace, name, cluster, creationTimestamp } = resource;
    const gateways = gatewaysOf(resource);
    if (!spec.hosts?.length || gateways.length === 0) return [];
    const find = (ns: string, delegate: string): VirtualService | undefined => {
      const found = mesh.resources.find('VirtualService', ns, delegate, cluster);
      return found && !found.spec.hosts?.length ? found : undefined;
    };
    return [
      {
        cluster,
        namespace,
        name,
        ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
        resource,
        hosts: [...new Set(spec.hosts.map((host) => qualifyHost(host, namespace)))],
        gateways: [...new Set(gateways)],
        exportTo: spec.exportTo,
        semantics: 'istio',
        http: expandDelegates(resource, find, exportedByDefault),
        tls: (spec.tls ?? []).map((tls, index) => ({ spec: tls, resource, path: ['spec', 'tls', index], index })),
        tcp: (spec.tcp ?? []).map((tcp, index) => ({ spec: tcp, resource, path: ['spec', 'tcp', index], index })),
      },
    ];
  });
}
