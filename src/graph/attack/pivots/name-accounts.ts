import type { Mesh, Principal, Workload } from '../../../model/inventory/types.ts';
import { accountId } from '../rbac/account.ts';
import { type Ask, findPower } from '../rbac/allows.ts';
import { describePowers, edgesOf, findPowers, isClusterAdmin } from '../rbac/edges.ts';
import type { Grant } from '../rbac/grants.ts';
import { MAKE_PODS } from '../rbac/pod-makers.ts';
import { type Rights, rightsOf } from '../rbac/rights.ts';
import type { Pivot } from './pivot.ts';

/**
 * Clusters of one trust domain have one identity for accounts of one namespace and name, whichever of them made it: who may make accounts and
 * start pods in a namespace of one cluster is, to all others, whoever runs in the namespace of that name. Reference §9.2.
 */
export const nameAccounts: Pivot = {
  id: 'rbac/name-accounts',
  title: 'runs as an account by whose name another cluster knows somebody else',
  technique: 'T1136',
  asks: MAKE_PODS,
  *find({ mesh }) {
    if (mesh.clusterByName.size < 2) return;
    const rights = rightsOf(mesh);
    for (const grant of rights.grants) {
      const { cluster, namespace } = grant;
      const granted = namespace === undefined || isClusterAdmin(grant) ? [] : findPowers(grant, MAKE_PODS);
      if (namespace === undefined || granted.length === 0) continue;
      const abroad = [...heldAbroad(mesh, rights, cluster, namespace)];
      if (abroad.length === 0) continue;
      yield* edgesOf(rights, grant, {
        may: describePowers(granted, grant),
        so: 'a pod there may run with an account of a name that other clusters know',
        *targets({ account, place: from }) {
          const mayMake = rights.grantsOf(account).some((other) => isFor(other, grant) && findPower(other.rules, MAKE));
          for (const [principal, holder] of abroad)
            if (mayMake || exists(mesh, cluster, holder)) yield { kind: 'identity', principal, holder, from };
        },
      });
    }
  },
};

const MAKE: Ask = { group: '', resource: 'serviceaccounts', verbs: ['create'] };

/** Identities of the namespace of that name in other clusters that a pod of this one would have, and that no workload of this one has. */
function* heldAbroad(
  mesh: Mesh,
  rights: Rights,
  cluster: string,
  namespace: string,
): Iterable<readonly [Principal, Workload]> {
  const seen = new Set(rights.accountsIn(cluster, namespace).map((account) => rights.identityOf(account)));
  for (const workload of mesh.workloads) {
    const { identity, serviceAccount: name } = workload;
    if (workload.namespace !== namespace || workload.cluster === cluster || identity === null) continue;
    const own = rights.identityOf({ cluster, namespace, name, id: accountId(cluster, namespace, name) });
    if (own !== identity || seen.has(identity)) continue;
    seen.add(identity);
    yield [identity, workload];
  }
}

const isFor = (other: Grant, { cluster, namespace }: Grant): boolean =>
  other.cluster === cluster && (other.namespace === undefined || other.namespace === namespace);

const exists = ({ resources }: Mesh, cluster: string, { namespace, serviceAccount }: Workload): boolean =>
  resources.find('ServiceAccount', namespace, serviceAccount, cluster) !== undefined;
