import type { Foothold } from '../src/graph/attack/foothold.ts';
import type { Pivot, PivotEdge } from '../src/graph/attack/pivots/pivot.ts';
import { factsOfText } from './judge-fixture.ts';
import { type Manifest, meshText, namespace, workload } from './small-mesh.ts';

const RBAC = 'rbac.authorization.k8s.io';

/** What a role in a test allows. */
export interface Allowed {
  readonly group?: string;
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly names?: readonly string[];
}

const rulesOf = (allowed: readonly Allowed[]) =>
  allowed.map(({ group = '', resources, verbs, names }) => ({
    apiGroups: [group],
    resources,
    verbs,
    ...(names ? { resourceNames: names } : {}),
  }));

const WEB = { kind: 'ServiceAccount', namespace: 'shop', name: 'web' };

/** `shop/web` may do that in the namespace. */
export const allowIn = (home: string, allowed: readonly Allowed[], subject: Manifest = WEB): readonly Manifest[] => [
  { apiVersion: `${RBAC}/v1`, kind: 'Role', metadata: { name: 'role', namespace: home }, rules: rulesOf(allowed) },
  {
    apiVersion: `${RBAC}/v1`,
    kind: 'RoleBinding',
    metadata: { name: 'binding', namespace: home },
    roleRef: { apiGroup: RBAC, kind: 'Role', name: 'role' },
    subjects: [subject],
  },
];

/** `shop/web` may do that everywhere. */
export const allowEverywhere = (allowed: readonly Allowed[], subject: Manifest = WEB): readonly Manifest[] => [
  { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata: { name: 'role' }, rules: rulesOf(allowed) },
  {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'binding' },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'role' },
    subjects: [subject],
  },
];

/** `shop/web`, and `bank/ledger` and `bank/audit`, all with a service account and a sidecar of their own. */
export const TWO_TEAMS: readonly Manifest[] = [
  namespace('shop'),
  namespace('bank'),
  ...workload('shop', 'web', { ports: { http: 8080 } }),
  ...workload('bank', 'ledger', { ports: { http: 8080 } }),
  ...workload('bank', 'audit', { ports: { http: 8080 } }),
];

/** What a pivot finds, one row each, sorted: `shop/web -> bank/ledger by RoleBinding bank/binding`. */
export function edgesOf(pivot: Pivot, manifests: readonly Manifest[]): readonly string[] {
  return rowsOf(pivot.find(factsOfText(meshText(manifests), 'mesh.yaml')));
}

export function rowsOf(edges: Iterable<PivotEdge>): readonly string[] {
  const rows = [...edges].map(
    ({ from, to, cause, gives, status }) =>
      `${nameOf(from)} -> ${nameOf(to)} by ${cause.kind} ${cause.namespace}/${cause.name}` +
      `${gives ? ` (${gives})` : ''}${status === 'INFERRED' ? '' : ` ${status}`}`,
  );
  return rows.sort();
}

function nameOf(foothold: Foothold): string {
  switch (foothold.kind) {
    case 'workload':
      return foothold.workload.id;
    case 'identity':
      return `identity ${foothold.principal}`;
    case 'node':
      return foothold.name;
    case 'tier0':
      return `tier 0: ${foothold.name}`;
    default:
      return foothold.kind;
  }
}
