import type { Mesh, Workload } from '../../model/inventory/types.ts';
import type { Manifest } from '../../model/change/manifest.ts';
import { proposedResource } from '../../rules/proposed.ts';
import { selectorOf } from '../../rules/select-workload.ts';
import type { Query } from '../../semantics/query.ts';
import type { Proposal } from './proposal.ts';

const HBONE_PORT = 15008;

/**
 * A NetworkPolicy beside those that isolate the pods, since policies add up: for the destination to be called by just this workload on just
 * this port, and for the source to call it.
 */
export function proposeNetwork(mesh: Mesh, { source, destination, transport }: Query): readonly Proposal[] {
  const { position, identity, connects } = source;
  if (position.kind !== 'workload') return [];
  const from = position.workload;
  const to = destination.workload;
  const [fromLabels, toLabels] = [selectorOf(mesh, from), selectorOf(mesh, to)];
  if (!fromLabels || !toLabels || from.hostNetwork || to.hostNetwork) return [];
  const tunnelled = to.dataPlane.kind === 'ambient' && identity !== null && connects !== 'plaintext';
  const ports = [{ protocol: transport, port: tunnelled ? HBONE_PORT : destination.port }];
  const peer = ({ namespace }: Workload, matchLabels: Readonly<Record<string, string>>) => ({
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
    podSelector: { matchLabels },
  });
  const limits = `pods of ${from.id} to ${to.id} on port ${ports[0]?.port} only${
    tunnelled ? ', by HBONE: all ports of the mesh behind it' : ''
  }`;
  const propose = (at: Workload, summary: string, spec: Readonly<Record<string, unknown>>, way: string): Proposal => {
    const manifest: Manifest = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: `allow-${from.name}-to-${to.name}-${way}`.slice(0, 63), namespace: at.namespace },
      spec,
    };
    const change = { kind: 'add', manifest, beside: at.resource } as const;
    return { summary, resource: proposedResource(manifest, at.cluster), change, size: 2, perPort: true, limits };
  };
  return [
    propose(
      to,
      `a NetworkPolicy that lets ${from.id} in to ${to.id}`,
      {
        podSelector: { matchLabels: toLabels },
        policyTypes: ['Ingress'],
        ingress: [{ from: [peer(from, fromLabels)], ports }],
      },
      'in',
    ),
    propose(
      from,
      `a NetworkPolicy that lets ${from.id} out to ${to.id}`,
      {
        podSelector: { matchLabels: fromLabels },
        policyTypes: ['Egress'],
        egress: [{ to: [peer(to, toLabels)], ports }],
      },
      'out',
    ),
  ];
}
