import type { Workload } from '../../model/inventory/types.ts';
import type { AmbientAddress } from '../../model/observation/ambient-state.ts';
import { waypointOf } from '../../semantics/ambient/waypoint.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { SeenPod } from './match-pods.ts';

/** Whether what ztunnel leads through a waypoint is what the configuration leads there: of the pods, or of a service. */
export interface WaypointComparison {
  readonly same: boolean;
  /** Which of the two leads past the waypoint, and so lets more through. */
  readonly looser?: 'proxy' | 'configuration';
  readonly what: string;
}

/** Waypoints (`namespace/name`) that stand before a workload. */
export function waypointsOf(enforcement: Enforcement, workload: Workload): readonly string[] {
  const found = [workload, ...servicesOf(enforcement, workload)].flatMap(
    (target) => nameOf(waypointOf(enforcement, target)) ?? [],
  );
  return [...new Set(found)].sort();
}

export function compareWaypoints(
  enforcement: Enforcement,
  workload: Workload,
  { entry, view: { from, services } }: SeenPod,
): readonly WaypointComparison[] {
  const resolve = (address: AmbientAddress | undefined): string | undefined =>
    address && placeOf(address, from.services ?? []);
  const found = [compare('the pods', nameOf(waypointOf(enforcement, workload)), resolve(entry.waypoint))];
  for (const service of servicesOf(enforcement, workload)) {
    const loaded = services.get(`${service.namespace}/${service.name}`);
    if (!loaded) continue;
    const configured = nameOf(waypointOf(enforcement, service));
    found.push(compare(`service ${service.namespace}/${service.name}`, configured, resolve(loaded.waypoint)));
  }
  return found;
}

const servicesOf = ({ mesh }: Enforcement, { services }: Workload) =>
  services.flatMap((id) => mesh.serviceById.get(id) ?? []);

const nameOf = (waypoint: Workload | undefined): string | undefined =>
  waypoint && `${waypoint.namespace}/${waypoint.gateway?.gatewayName ?? waypoint.name}`;

function compare(whose: string, configured: string | undefined, loaded: string | undefined): WaypointComparison {
  if (configured === loaded || (configured !== undefined && loaded === UNNAMED)) return { same: true, what: '' };
  if (loaded === undefined)
    return { same: false, looser: 'proxy', what: `ztunnel leads what is sent to ${whose} past waypoint ${configured}` };
  return configured === undefined
    ? {
        same: false,
        looser: 'configuration',
        what: `ztunnel leads what is sent to ${whose} through ${loaded}, which is not configured`,
      }
    : {
        same: false,
        what: `ztunnel leads what is sent to ${whose} through ${loaded}, and ${configured} is configured`,
      };
}

/** An address that no service of the dump has: that of a Gateway, most often. */
const UNNAMED = 'a waypoint that the dump names by address alone';

/** `NAME.NAMESPACE.svc.DOMAIN`, or an address of a service that the dump has too. */
function placeOf(
  at: AmbientAddress,
  services: readonly { readonly name: string; readonly namespace: string; readonly addresses: readonly string[] }[],
): string {
  if ('hostname' in at) {
    const [name = '', namespace = ''] = at.hostname.split('.');
    return `${namespace}/${name}`;
  }
  const service = services.find(({ addresses }) => addresses.includes(at.address));
  return service ? `${service.namespace}/${service.name}` : UNNAMED;
}
