import { type PlannedChange, wrong } from './planned-change.ts';
import { added, hasNamespace, relabelNamespace, unknownNamespace } from './raw-objects.ts';

/** A waypoint for the Services of a namespace, and the label that leads to it. */
export function addWaypoint(namespace: string, name: string): PlannedChange {
  return {
    summary: `waypoint ${name} for ${namespace}`,
    apply(input) {
      if (!hasNamespace(input, namespace)) throw wrong(`waypoint@${namespace}`, unknownNamespace(input, namespace));
      return {
        ...input,
        objects: [
          ...relabelNamespace(input.objects, namespace, { 'istio.io/use-waypoint': name }),
          added({
            apiVersion: 'gateway.networking.k8s.io/v1',
            kind: 'Gateway',
            metadata: { name, namespace, labels: { 'istio.io/waypoint-for': 'service' } },
            spec: {
              gatewayClassName: 'istio-waypoint',
              listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE' }],
            },
          }),
        ],
      };
    },
  };
}
