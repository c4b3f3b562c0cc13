import type { Workload } from '../../model/inventory/types.ts';
import { NO_MESH_CONFIG } from '../../model/mesh-config.ts';
import type { Enforcement } from '../enforcement.ts';

const TUNNEL = 'networking.istio.io/tunnel';
const ENABLE = 'ISTIO_META_ENABLE_HBONE';

export interface HboneAnswer {
  readonly accepts: boolean;
  readonly why: string;
  readonly assumes: readonly string[];
}

/**
 * Whether a sidecar listens for HBONE, so that ztunnel reaches it with an identity: ztunnel has no other mutual TLS. Injection says so by a label
 * of the pod where the proxy's metadata has it, as the ambient profile sets it for the mesh.
 *
 * Source: istio injection-template.yaml, profile-ambient.yaml, pilot/pkg/serviceregistry/ambient/workloads.go (setTunnelProtocol);
 * reference §1.7.
 */
export function acceptsHbone(enforcement: Enforcement, workload: Workload): HboneAnswer {
  const label = workload.labels[TUNNEL];
  if (label !== undefined) {
    const accepts = label.split(',').includes('http');
    return { accepts, why: `label \`${TUNNEL}: ${label}\` of the endpoint`, assumes: [] };
  }
  const own = new RegExp(`${ENABLE}["']?\\s*:\\s*["']?(\\w+)`).exec(
    workload.annotations['proxy.istio.io/config'] ?? '',
  )?.[1];
  const { value, by } = enforcement.configOf(workload).proxyMetadata;
  const written = own ?? value[ENABLE];
  if (written !== undefined)
    return { accepts: written === 'true', why: `${ENABLE} is ${written} for the endpoint`, assumes: [] };
  if (by !== NO_MESH_CONFIG) return { accepts: false, why: `the mesh config does not set ${ENABLE}`, assumes: [] };
  return {
    accepts: true,
    why: 'the endpoint takes HBONE',
    assumes: [`sidecars take HBONE, as the ambient profile sets it: no mesh config is in the input`],
  };
}
