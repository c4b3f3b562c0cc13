import type { Workload, WorkloadPort } from '../model/inventory/types.ts';
import { waypointOf } from '../semantics/ambient/waypoint.ts';
import { shareNetwork } from '../semantics/clusters.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import type { Query } from '../semantics/query.ts';
import { waysThrough } from './ways-through.ts';

/** A request of one app to another: through the service where a waypoint stands in front of it or it is on another network, else to the workload; bytes without `http`. */
export function appQuery(
  enforcement: Enforcement,
  from: Workload,
  to: Workload,
  port: WorkloadPort,
  http?: { readonly method: string; readonly path: string },
): Query {
  const ways = waysThrough(enforcement, port);
  const via = shareNetwork(enforcement.mesh, from, to)
    ? to.dataPlane.kind === 'ambient'
      ? ways.find(({ service }) => waypointOf(enforcement, service))
      : undefined
    : ways[0];
  const host = via ? `${via.service.name}.${via.service.namespace}.svc.cluster.local` : `${to.name}.${to.namespace}`;
  return {
    client: 'app',
    source: { position: { kind: 'workload', workload: from }, identity: from.identity },
    destination: { workload: to, port: port.port, ...(via ? { via } : {}) },
    transport: port.transport,
    ...(http ? { http: { ...http, host, headers: [] } } : {}),
  };
}

/** A path that a pattern of wanted traffic or of a policy takes. */
export function concretePath(pattern: string): string {
  const filled = pattern.replaceAll(/\{\*\*?\}/g, 'x');
  if (filled === '*') return '/';
  if (filled.startsWith('*')) return `/x${filled.slice(1)}`;
  return filled.endsWith('*') ? filled.slice(0, -1) : filled;
}
