import type { PlannedChange } from './planned-change.ts';
import { added, changeNamespace, relabelNamespace } from './raw-objects.ts';

/** A waypoint for the Services of a namespace, and the label that leads to it. */
export function addWaypoint(text: string, place: string, name: string): PlannedChange {
  return {
    summary: `waypoint ${name} for ${place}`,
    apply: (input) =>
      changeNamespace(text, input, place, (objects, namespace, cluster) => [
        ...relabelNamespace(objects, namespace, { 'istio.io/use-waypoint': name }, cluster),
        added(
          {
            apiVersion: 'gateway.networking.k8s.io/v1',
            kind: 'Gateway',
            metadata: { name, namespace, labels: { 'istio.io/waypoint-for': 'service' } },
            spec: {
              gatewayClassName: 'istio-waypoint',
              listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE' }],
            },
          },
          cluster,
        ),
      ]),
  };
}
