import type { Mesh } from '../../model/inventory/types.ts';
import { type Manifest, newObjects } from '../../rules/patch.ts';
import { proposedResource } from '../../rules/proposed.ts';
import type { Judged } from '../../semantics/judged.ts';
import { scopeOf } from './narrow-scope.ts';
import { exactRule } from './operation-of.ts';
import type { Proposal } from './proposal.ts';

/** A DENY policy for just this caller and operation: the smallest change that refuses what passes. */
export function proposeRefusal(mesh: Mesh, judged: Judged, holders: number): readonly Proposal[] {
  const scope = scopeOf(mesh, judged);
  if (!scope) return [];
  const exact = exactRule(judged);
  // Whoever shows no identity can only be refused together with everybody else who shows none.
  const source = exact.source ?? { notPrincipals: ['*'] };
  const who = exact.source?.principals?.[0] ?? 'callers without an identity';
  const caller = judged.view.peer?.split('/').at(-1) ?? 'plaintext';
  const manifest: Manifest = {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: {
      name: freeName(mesh, scope, `deny-${caller}-to-${scope.name}`.slice(0, 60)),
      namespace: scope.namespace,
    },
    spec: { ...scope.spec, action: 'DENY', rules: [{ from: [{ source }], to: [{ operation: exact.operation }] }] },
  };
  const operation = judged.chain.type === 'http' ? 'operation (any host, header and query)' : 'port';
  const shared = holders > 1 ? `this identity (${holders} workloads have it)` : 'this caller';
  const resource = proposedResource(manifest, judged.workload.cluster);
  return [
    {
      summary: `a DENY policy for ${scope.namespace}/${scope.name} against ${who}: ${exact.text}`,
      resource,
      patch: newObjects(judged.workload.resource.origin.source, [manifest]),
      size: 4,
      ...(exact.source && exact.exact ? { limits: `${shared} and ${operation} only` } : {}),
    },
  ];
}

function freeName(mesh: Mesh, { namespace }: { readonly namespace: string }, base: string): string {
  return mesh.resources.find('AuthorizationPolicy', namespace, base) === undefined ? base : `${base}-2`;
}
