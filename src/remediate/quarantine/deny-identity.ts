import type { Mesh, Workload } from '../../model/inventory/types.ts';
import type { Resource } from '../../model/resource.ts';
import type { Manifest } from '../../model/change/manifest.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Change } from '../../model/change/change.ts';

/**
 * Refuses an identity wherever a proxy looks: one DENY of the root namespace for sidecars, gateways and ztunnels, and where there are waypoints
 * one for these, which take no policy without targetRefs. Behind a waypoint the ztunnel sees the waypoint's identity, so that the waypoint has
 * to refuse. Source: istio pilot/pkg/model/policyattachment.go (reference §2.2).
 */
export function denyIdentity(
  { mesh, rootNamespace }: Enforcement,
  workload: Workload,
  waypoints: 'by class' | 'one by one',
): readonly Change[] {
  const { identity } = workload;
  if (identity === null) return [];
  const name = `quarantine-${workload.namespace}-${workload.name}`;
  const rules = [{ from: [{ source: { principals: [identity] } }] }];
  const clusters = [
    ...new Set(mesh.workloads.filter(({ dataPlane }) => dataPlane.kind !== 'none').map(({ cluster }) => cluster)),
  ];
  return clusters.flatMap((cluster): readonly Change[] => {
    const beside = homeOf(mesh, rootNamespace, cluster) ?? workload.resource;
    const deny = (namespace: string, suffix: string, spec: object): Change => ({
      kind: 'add',
      manifest: policy(`${name}${suffix}`, namespace, { action: 'DENY', ...spec, rules }),
      beside,
    });
    const found = mesh.workloads.filter((each) => each.cluster === cluster && each.gateway?.kind === 'waypoint');
    const atWaypoints =
      found.length === 0
        ? []
        : waypoints === 'by class'
          ? [
              deny(rootNamespace, '-waypoints', {
                targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'GatewayClass', name: 'istio-waypoint' }],
              }),
            ]
          : found.map((each) => {
              const gateway = each.gateway?.gatewayName ?? each.name;
              return deny(each.namespace, `-${gateway}`, {
                targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: gateway }],
              });
            });
    return [deny(rootNamespace, '', {}), ...atWaypoints];
  });
}

const policy = (name: string, namespace: string, spec: object): Manifest => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { name, namespace },
  spec,
});

/** An object of the root namespace, so that the policy goes beside it and into its cluster. */
function homeOf({ resources, workloads }: Mesh, root: string, cluster: string): Resource | undefined {
  return (
    resources.find('Namespace', '', root, cluster) ??
    workloads.find((each) => each.cluster === cluster && each.namespace === root)?.resource ??
    workloads.find((each) => each.cluster === cluster)?.resource
  );
}
