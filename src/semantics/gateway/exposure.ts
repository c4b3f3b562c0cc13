import { byOf } from '../../model/by.ts';
import type { Mesh, MeshService, Workload } from '../../model/inventory/types.ts';
import type { By } from '../../result/location.ts';
import { foreignIngresses } from './foreign-ingress.ts';

export type ExposureLevel = 'internet' | 'node-network' | 'cluster' | 'unknown';

export interface Exposure {
  readonly exposed: ExposureLevel;
  /** One sentence. */
  readonly why: string;
  readonly by: By | null;
  readonly assumes: readonly string[];
}

/** From how far one comes to it. */
export const EXPOSURE_RANK: Readonly<Record<ExposureLevel, number>> = {
  internet: 3,
  unknown: 2,
  'node-network': 1,
  cluster: 0,
};

/**
 * Who can open a connection to a gateway's pods: by its Services, by what its pods take of their node, and by whatever other ingress stands
 * before it. Every pod that network policy lets through reaches it in any case.
 *
 * Reference §8.4, §15.5, §15.6.
 */
export function gatewayExposure(mesh: Mesh, gateway: Workload): Exposure {
  if (!mesh.workloadById.has(gateway.id)) {
    return {
      exposed: 'internet',
      why: 'its pods are not in the input: taken to be exposed',
      by: byOf(gateway.resource),
      assumes: gateway.dataPlane.assumes,
    };
  }
  const services = gateway.services.flatMap((id) => mesh.serviceById.get(id) ?? []);
  const found = [
    ...services.map(serviceExposure),
    ...hostExposure(gateway),
    ...services.flatMap((service) => (foreignIngresses(mesh).get(service.id) ?? []).map(ingressExposure)),
  ];
  const widest = found.reduce<Exposure | undefined>(
    (best, each) => (best && EXPOSURE_RANK[best.exposed] >= EXPOSURE_RANK[each.exposed] ? best : each),
    undefined,
  );
  const exposure = widest ?? nothingLeadsThere(gateway);
  if (exposure.exposed === 'internet') return exposure;
  const other = mesh.resources.unmodelled.find(
    ({ touches, namespace }) => touches === 'ingress' && namespace === gateway.namespace,
  );
  if (!other) return exposure;
  return {
    ...exposure,
    exposed: 'unknown',
    why: `${exposure.why}; ${other.kind} ${other.namespace}/${other.name} may expose it: ${other.why}`,
  };
}

function nothingLeadsThere(gateway: Workload): Exposure {
  return {
    exposed: 'cluster',
    why: 'no Service of the input leads to it',
    by: null,
    assumes: [`no Service outside the input exposes \`${gateway.id}\``],
  };
}

/** Who reaches a Service from outside the cluster. */
export function serviceExposure(service: MeshService): Exposure {
  const { type, internal, loadBalancerSourceRanges: ranges, externalIPs, resource, id } = service;
  // A Service that istiod makes is read from its Gateway.
  const isMade = resource.kind !== 'Service';
  const assumes = isMade ? [`istiod makes Service \`${id}\` of type ${type}`] : [];
  const of = (exposed: ExposureLevel, what: string, field: string): Exposure => {
    const by = byOf(resource, isMade ? {} : { clause: field, path: ['spec', field] });
    return { exposed, why: `Service \`${id}\` ${what}`, by, assumes };
  };
  if (type === 'LoadBalancer') {
    if (internal) return of('node-network', 'is a load balancer that the cloud keeps private', 'type');
    if (ranges.length > 0 && !ranges.some(isEverybody)) {
      return of('node-network', `is a load balancer for ${ranges.join(', ')} alone`, 'loadBalancerSourceRanges');
    }
    return of('internet', 'is a public load balancer', 'type');
  }
  if (externalIPs.length > 0) return of('node-network', `takes traffic for ${externalIPs.join(', ')}`, 'externalIPs');
  if (type === 'NodePort') return of('node-network', 'opens a port of every node', 'type');
  return of('cluster', `is of type ${type}`, 'type');
}

const isEverybody = (range: string): boolean => /\/0+$/.test(range.trim());

function hostExposure(workload: Workload): readonly Exposure[] {
  const by = byOf(workload.resource);
  if (workload.hostNetwork)
    return [{ exposed: 'node-network', why: 'its pods use the network of their node', by, assumes: [] }];
  const ports = [...workload.ports, ...workload.containers.flatMap((container) => container.ports)];
  const hostPort = ports.find((port) => port.hostPort !== undefined)?.hostPort;
  return hostPort === undefined
    ? []
    : [{ exposed: 'node-network', why: `its pods take port ${hostPort} of their node`, by, assumes: [] }];
}

function ingressExposure({ by, what }: { readonly by: By; readonly what: string }): Exposure {
  return { exposed: 'internet', why: `${what} leads to it`, by, assumes: [`${what} is served to the internet`] };
}
