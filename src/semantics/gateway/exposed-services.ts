import { byOf } from '../../model/by.ts';
import type { Mesh, MeshService, Workload, WorkloadPort } from '../../model/inventory/types.ts';
import type { By } from '../../result/location.ts';
import { targetPort } from '../resolve-request.ts';
import { serviceExposure } from './exposure.ts';
import { foreignIngresses } from './foreign-ingress.ts';

/** A port of a workload that something outside the cluster reaches without passing a gateway of Istio. */
export interface ExposedPort {
  readonly workload: Workload;
  /** The workload's own port. */
  readonly port: number;
  readonly entry: 'internet' | 'node-network';
  /** One sentence. */
  readonly why: string;
  readonly by: By;
  readonly assumes: readonly string[];
}

/**
 * Workloads, gateways aside, that are reached from outside directly: by a Service of type LoadBalancer or NodePort or with external addresses,
 * by ports of the node, or behind another ingress. They see no mesh identity: STRICT stops it, PERMISSIVE lets it in.
 *
 * Reference §8.4.1, §15.5.
 */
export function exposedServices(mesh: Mesh): readonly ExposedPort[] {
  const found: ExposedPort[] = [];
  for (const service of mesh.services) {
    const { exposed, why, by, assumes } = serviceExposure(service);
    if (by && (exposed === 'internet' || exposed === 'node-network')) {
      for (const [workload, port] of endpointsOf(mesh, service, () => true))
        found.push({ workload, port, entry: exposed, why, by, assumes });
    }
    for (const { by: owner, what, port: wanted } of foreignIngresses(mesh).get(service.id) ?? []) {
      const isMeant = (port: MeshService['ports'][number]): boolean =>
        wanted === undefined || port.port === wanted || port.name === wanted;
      for (const [workload, port] of endpointsOf(mesh, service, isMeant)) {
        const assumed = [`${what} is served to the internet`];
        found.push({ workload, port, entry: 'internet', why: `${what} leads to it`, by: owner, assumes: assumed });
      }
    }
  }
  for (const workload of mesh.workloads) {
    if (isGateway(workload)) continue;
    for (const port of workload.ports) {
      const why = onNode(workload, port);
      if (why)
        found.push({ workload, port: port.port, entry: 'node-network', why, by: byOf(workload.resource), assumes: [] });
    }
  }
  return found;
}

const isGateway = ({ dataPlane }: Workload): boolean => dataPlane.kind === 'gateway';

function endpointsOf(
  mesh: Mesh,
  service: MeshService,
  isMeant: (port: MeshService['ports'][number]) => boolean,
): readonly (readonly [Workload, number])[] {
  return service.workloads.flatMap((id) => {
    const workload = mesh.workloadById.get(id);
    if (!workload || isGateway(workload)) return [];
    return service.ports.filter(isMeant).flatMap((port) => {
      const target = port.transport === 'TCP' ? targetPort(workload, service, port) : undefined;
      return target === undefined ? [] : [[workload, target] as const];
    });
  });
}

function onNode({ hostNetwork }: Workload, { hostPort, transport }: WorkloadPort): string | undefined {
  if (transport !== 'TCP') return undefined;
  if (hostNetwork) return 'its pods use the network of their node';
  return hostPort === undefined ? undefined : `its pods take port ${hostPort} of their node`;
}
