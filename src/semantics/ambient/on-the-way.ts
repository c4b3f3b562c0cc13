import { boolFlag } from '../../model/istiod-flags.ts';
import { namespaceKey, type Workload } from '../../model/inventory/types.ts';
import type { Enforcement } from '../enforcement.ts';
import type { Query } from '../query.ts';
import { waypointOf } from './waypoint.ts';

const INGRESS_USE = 'istio.io/ingress-use-waypoint';

/**
 * The waypoint that a request goes through. Only an ambient client, or an ingress gateway that is told to, leads there; of a service whatever
 * its endpoints are, of a pod only an ambient one.
 *
 * Source: ztunnel src/proxy/outbound.rs, istio pilot/pkg/xds/endpoints/endpoint_builder.go (findServiceWaypoint); reference §4.3.
 */
export function waypointOnTheWay(enforcement: Enforcement, query: Query): Workload | undefined {
  const { position } = query.source;
  const { workload, via } = query.destination;
  const target = via?.service ?? workload;
  const isAmbient = workload.dataPlane.kind === 'ambient';
  // Of a client that is known by its identity alone, take that it is ambient.
  if (position.kind !== 'workload') return isAmbient ? waypointOf(enforcement, target) : undefined;
  const client = position.workload;
  if (client.gateway?.kind === 'waypoint') return undefined;
  if (client.dataPlane.kind === 'ambient') return isAmbient || via ? waypointOf(enforcement, target) : undefined;
  if (client.dataPlane.kind !== 'gateway' || !isAmbient || !via || via.service.headless) return undefined;
  const flags = enforcement.mesh.flags(client.cluster, client.dataPlane.revision);
  if (boolFlag(flags, 'ENABLE_INGRESS_WAYPOINT_ROUTING') === false) return undefined;
  const namespace = enforcement.mesh.namespaces.get(namespaceKey(via.service.cluster, via.service.namespace));
  const wanted = via.service.labels[INGRESS_USE] ?? namespace?.labels[INGRESS_USE];
  return wanted === 'true' ? waypointOf(enforcement, target) : undefined;
}
