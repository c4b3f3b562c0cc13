import type { MeshService, ServicePort, WorkloadPort } from '../model/inventory/types.ts';
import type { Enforcement } from '../semantics/enforcement.ts';

/** A service and the port of it that lead to a workload port: what a waypoint sees. */
export interface Via {
  readonly service: MeshService;
  readonly port: ServicePort;
}

/** The services that lead to a port, by which a waypoint may be on the way. */
export function waysThrough(enforcement: Enforcement, port: WorkloadPort): readonly Via[] {
  return port.services.flatMap(({ service: id, port: number }) => {
    const service = enforcement.mesh.serviceById.get(id);
    const found = service?.ports.find((candidate) => candidate.port === number);
    return service && found ? [{ service, port: found }] : [];
  });
}
