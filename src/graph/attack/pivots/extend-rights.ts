import { type Ask, findPower } from '../rbac/allows.ts';
import { describePowers, edgesOf, findPowers, isClusterAdmin, tier0 } from '../rbac/edges.ts';
import type { Grant } from '../rbac/grants.ts';
import { holdsControlPlane, identitiesUnder } from '../rbac/places.ts';
import { type Holder, type Rights, rightsOf } from '../rbac/rights.ts';
import type { Pivot } from './pivot.ts';

const group = 'rbac.authorization.k8s.io';
const ask = (resource: string, ...verbs: readonly string[]): Ask => ({ group, resource, verbs });

/** Kubernetes grants nobody more than the granter has, unless these verbs lift that: pkg/registry/rbac/escalation_check.go. */
const WAYS: readonly { readonly change: Ask; readonly lift: Ask; readonly everywhere: boolean }[] = [
  {
    change: ask('clusterrolebindings', 'create', 'update', 'patch'),
    lift: ask('clusterroles', 'bind'),
    everywhere: true,
  },
  { change: ask('clusterroles', 'update', 'patch'), lift: ask('clusterroles', 'escalate'), everywhere: true },
  { change: ask('rolebindings', 'create', 'update', 'patch'), lift: ask('clusterroles', 'bind'), everywhere: false },
  { change: ask('roles', 'update', 'patch'), lift: ask('roles', 'escalate'), everywhere: false },
];

export const extendRights: Pivot = {
  id: 'rbac/extend-rights',
  title: 'gives itself any right it wants',
  technique: 'T1098.006',
  asks: WAYS.map(({ change }) => change),
  *find({ mesh }) {
    const rights = rightsOf(mesh);
    for (const grant of rights.grants) {
      if (isClusterAdmin(grant)) continue;
      for (const { change, lift, everywhere } of WAYS) {
        const granted = findPowers(grant, [change]);
        if (granted.length === 0 || (everywhere && grant.namespace !== undefined)) continue;
        const holds = (holder: Holder): boolean => canLift(rights, holder, grant, lift);
        const may = `${describePowers(granted, grant)} and ${lift.verbs.join()} any of ${lift.resource}`;
        if (grant.namespace === undefined) {
          const targets = () => tier0('may give itself any right');
          yield* edgesOf(rights, grant, { may, so: 'no right in the cluster is out of reach', holds, targets });
          continue;
        }
        const found = identitiesUnder(mesh, grant);
        const top = holdsControlPlane(mesh, grant.namespace) ? tier0(`may do everything in ${grant.namespace}`) : [];
        const so = 'no right in the namespace is out of reach, so it may run pods as anybody there';
        yield* edgesOf(rights, grant, { may, so, holds, targets: ({ place }) => [...top, ...found(place)] });
      }
    }
  },
};

/** By any grant of the account that holds where the other does; a verb for some roles only is no way to all rights. */
function canLift(rights: Rights, { account }: Holder, { cluster, namespace }: Grant, lift: Ask): boolean {
  return rights.grantsOf(account).some((other) => {
    if (other.cluster !== cluster || (other.namespace !== undefined && other.namespace !== namespace)) return false;
    const power = findPower(other.rules, lift);
    return power !== undefined && (power.names?.includes('cluster-admin') ?? true);
  });
}
