import type { Workload } from '../../model/inventory/types.ts';
import type { PeerAuthentication } from '../../model/istio/peer-authentication.ts';
import { changeSpec } from '../../rules/changes.ts';
import type { Manifest } from '../../model/change/manifest.ts';
import { proposedResource } from '../../rules/proposed.ts';
import { selectorOf } from '../../rules/select-workload.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { hasSelector } from '../../semantics/policy-index.ts';
import { selectedAlone } from './selected-alone.ts';
import type { Proposal } from './proposal.ts';

/** PERMISSIVE on the one port of the one workload: both kinds of connection get in, whoever makes them. */
export function proposeTransport(enforcement: Enforcement, workload: Workload, port: number): readonly Proposal[] {
  const { mesh, policies, rootNamespace } = enforcement;
  const summary = `make port ${port} of ${workload.id} PERMISSIVE`;
  const portLevel = { [String(port)]: { mode: 'PERMISSIVE' as const } };
  const own = policies.peerAuthentication
    .selecting(workload.cluster, workload.namespace, workload.labels)
    .find((policy) => hasSelector(policy.spec) && selectedAlone(mesh, policy, workload));
  if (own) {
    const spec: PeerAuthentication['spec'] = {
      ...own.spec,
      portLevelMtls: { ...own.spec.portLevelMtls, ...portLevel },
    };
    return [
      {
        summary,
        resource: { ...own, spec },
        change: changeSpec(own, spec),
        size: 1,
        perPort: true,
      },
    ];
  }
  const matchLabels = selectorOf(mesh, workload);
  // Without a selector, and in the root namespace, ports are not looked at (reference §1.1).
  if (!matchLabels || workload.namespace === rootNamespace) return [];
  const manifest: Manifest = {
    apiVersion: 'security.istio.io/v1',
    kind: 'PeerAuthentication',
    metadata: { name: `${workload.name}-port-${port}`, namespace: workload.namespace },
    spec: { selector: { matchLabels }, portLevelMtls: portLevel },
  };
  const change = { kind: 'add', manifest, beside: workload.resource } as const;
  return [{ summary, resource: proposedResource(manifest, workload.cluster), change, size: 2, perPort: true }];
}
