import { byOf } from '../model/by.ts';
import type { EarlyContainer, Workload } from '../model/inventory/types.ts';
import type { By } from '../result/location.ts';

/** Ports of the proxy itself, which are never redirected to it (reference §5.3). */
export const PROXY_PORTS: readonly number[] = [15020, 15021, 15090];

export type CaptureOutcome =
  | { readonly captured: true }
  | { readonly captured: false; readonly why: string; readonly by: By | null };

/**
 * Whether a proxy sees inbound TCP traffic of a port.
 *
 * Source: istio tools/istio-iptables, manifests/charts/istio-control/istio-discovery/files/injection-template.yaml (reference §1.4, §5.3).
 */
export function isCaptured(
  workload: Workload,
  port: number,
  transport: 'TCP' | 'UDP' | 'SCTP' = 'TCP',
): CaptureOutcome {
  const { dataPlane } = workload;
  const { capture } = dataPlane;
  const hole = (why: string, annotation?: string): CaptureOutcome => {
    const path = annotation === undefined ? undefined : capture.sources[annotation];
    return { captured: false, why, by: byOf(workload.resource, path ? { path, clause: String(path.at(-1)) } : {}) };
  };
  if (dataPlane.kind === 'none')
    return { captured: false, why: `not in the mesh: ${dataPlane.why}`, by: dataPlane.by ?? null };
  if (transport !== 'TCP') return hole(`${transport} is not captured by any proxy`);
  if (dataPlane.kind === 'ambient') {
    return capture.bypassInbound ? hole('inbound capture is bypassed', 'bypassInbound') : { captured: true };
  }
  if (dataPlane.kind === 'gateway') return { captured: true };
  if (PROXY_PORTS.includes(port)) return hole(`port ${port} belongs to the proxy and is never captured`);
  if (capture.mode === 'NONE') return hole('interceptionMode NONE captures nothing', 'mode');
  if (capture.includeInboundPorts !== '*') {
    return capture.includeInboundPorts.includes(port)
      ? { captured: true }
      : hole('includeInboundPorts leaves the port out', 'includeInboundPorts');
  }
  return capture.excludeInboundPorts.includes(port)
    ? hole('excludeInboundPorts names the port', 'excludeInboundPorts')
    : { captured: true };
}

/**
 * An init container that declares the port and runs before anything is redirected: until it ends, whoever gets to the pod gets to it without a
 * proxy. Source: istio pkg/kube/inject/webhook.go (reorderPod); catalogue EG-08.
 */
export function findEarlyListener({ dataPlane }: Workload, port: number): EarlyContainer | undefined {
  return dataPlane.startup?.find(({ meets, ports }) => meets === 'nothing' && ports.includes(port));
}
