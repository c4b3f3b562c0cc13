import type { Ask } from '../rbac/allows.ts';
import { describePowers, edgesOf, findPowers, type Granted, isClusterAdmin, tier0 } from '../rbac/edges.ts';
import { holdsControlPlane } from '../rbac/places.ts';
import { IMPERSONATE, rightsOf } from '../rbac/rights.ts';
import type { Pivot } from './pivot.ts';

const USERS: Ask = { group: '', resource: 'users', verbs: ['impersonate'] };
const GROUPS: Ask = { group: '', resource: 'groups', verbs: ['impersonate'] };

/** Users and groups that every cluster has and that may do everything, or next to it. */
const MIGHTY = [
  'system:admin',
  'kubernetes-admin',
  'kubernetes-super-admin',
  'system:kube-controller-manager',
  'system:masters',
  'kubeadm:cluster-admins',
];

/**
 * Acts at the API server as somebody else. What a namespace's service accounts may do is found with their own grants (rights.ts); here is
 * what leads straight to everything.
 */
export const impersonate: Pivot = {
  id: 'rbac/impersonate',
  title: 'acts at the API server as somebody else',
  technique: 'T1550',
  asks: [USERS, GROUPS, IMPERSONATE],
  *find({ mesh }) {
    const rights = rightsOf(mesh);
    for (const grant of rights.grants) {
      if (isClusterAdmin(grant)) continue;
      const granted = findPowers(grant, [USERS, GROUPS, IMPERSONATE]);
      const mighty = granted.filter((each) => isMighty(each, granted, grant.namespace));
      if (mighty.length > 0) {
        yield* edgesOf(rights, grant, {
          may: describePowers(mighty, grant),
          so: 'among these are some that may do everything',
          targets: () => tier0('may act as anybody at the API server'),
        });
      } else if (granted.some(({ power }) => !power.names) && holdsControlPlane(mesh, grant.namespace)) {
        yield* edgesOf(rights, grant, {
          may: describePowers(granted, grant),
          so: 'those are the accounts that run the cluster or the mesh',
          targets: () => tier0(`may act as the service accounts of ${grant.namespace}`),
        });
      }
    }
  },
};

/**
 * Users and groups are in no namespace, so that no RoleBinding gives them; groups are only impersonated together with somebody.
 *
 * Source: Kubernetes staging/src/k8s.io/apiserver/pkg/endpoints/filters/impersonation.go.
 */
function isMighty({ ask, power }: Granted, all: readonly Granted[], namespace: string | undefined): boolean {
  if (namespace !== undefined) return false;
  if (ask === GROUPS && !all.some((other) => other.ask !== GROUPS)) return false;
  return power.names === undefined || power.names.some((name) => MIGHTY.includes(name));
}
