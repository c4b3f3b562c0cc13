import type { Mesh } from '../../model/inventory/types.ts';
import type { Manifest } from '../../model/change/manifest.ts';
import { proposedResource } from '../../rules/proposed.ts';
import type { Judged } from '../../semantics/judged.ts';
import { freeName } from '../../rules/free-name.ts';
import { scopeOf } from './narrow-scope.ts';
import { type ExactRule, exactRule } from './operation-of.ts';
import type { Proposal } from './proposal.ts';

/** A DENY policy for just this caller and operation: the smallest change that refuses what passes. */
export function proposeRefusal(mesh: Mesh, judged: Judged, holders: number): readonly Proposal[] {
  const scope = scopeOf(mesh, judged);
  if (!scope) return [];
  const exact = exactRule(judged);
  const named = refusal(mesh, judged, scope, exact, holders, false);
  // Who may choose how to connect goes without its identity once that is refused.
  return exact.source ? [named, refusal(mesh, judged, scope, exact, holders, true)] : [named];
}

function refusal(
  mesh: Mesh,
  judged: Judged,
  scope: NonNullable<ReturnType<typeof scopeOf>>,
  exact: ExactRule,
  holders: number,
  nameless: boolean,
): Proposal {
  // Whoever shows no identity can only be refused together with everybody else who shows none.
  const anyone = { notPrincipals: ['*'] };
  const sources = [...(exact.source ? [exact.source] : []), ...(nameless || !exact.source ? [anyone] : [])];
  const who = [
    ...(exact.source?.principals ?? []),
    ...(sources.includes(anyone) ? ['callers without an identity'] : []),
  ];
  const caller = judged.view.peer?.split('/').at(-1) ?? 'plaintext';
  const { cluster } = judged.workload;
  const { namespace } = scope;
  const wanted = `deny-${caller}-to-${scope.name}`.slice(0, 60);
  const manifest: Manifest = {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: freeName(mesh.resources, 'AuthorizationPolicy', { cluster, namespace }, wanted), namespace },
    spec: {
      ...scope.spec,
      action: 'DENY',
      rules: [{ from: sources.map((source) => ({ source })), to: [{ operation: exact.operation }] }],
    },
  };
  const operation = judged.chain.type === 'http' ? 'operation (any host, header and query)' : 'port';
  const shared = holders > 1 ? `this identity (${holders} workloads have it)` : 'this caller';
  const resource = proposedResource(manifest, judged.workload.cluster);
  return {
    summary: `a DENY policy for ${scope.namespace}/${scope.name} against ${who.join(' and ')}: ${exact.text}`,
    resource,
    change: { kind: 'add', manifest, beside: judged.workload.resource },
    size: sources.length + 3,
    perPort: judged.chain.type !== 'http',
    ...(exact.source && exact.exact && !nameless ? { limits: `${shared} and ${operation} only` } : {}),
  };
}
