import { type Gain, edgesOf, findPowers, describePowers, isClusterAdmin, tier0 } from '../rbac/edges.ts';
import type { Grant } from '../rbac/grants.ts';
import { holdsControlPlane, identitiesUnder } from '../rbac/places.ts';
import { MAKE_PODS, MAKE_PODS_BY_OPERATOR } from '../rbac/pod-makers.ts';
import { rightsOf } from '../rbac/rights.ts';
import type { Facts } from '../../facts.ts';
import type { Pivot } from './pivot.ts';

/** Whoever starts a pod chooses its service account and labels: it runs in the place of any workload of the namespace. */
export const createWorkloads: Pivot = {
  id: 'rbac/create-workloads',
  title: 'starts a pod with a service account of its choice',
  technique: 'T1610',
  asks: [...MAKE_PODS, ...MAKE_PODS_BY_OPERATOR],
  *find(facts) {
    const rights = rightsOf(facts.mesh);
    for (const grant of rights.grants) {
      const gain = isClusterAdmin(grant) ? undefined : gainOf(facts, grant);
      if (gain) yield* edgesOf(rights, grant, gain);
    }
  },
};

function gainOf({ mesh }: Facts, grant: Grant): Gain | undefined {
  const own = findPowers(grant, MAKE_PODS);
  const granted = own.length > 0 ? own : findPowers(grant, MAKE_PODS_BY_OPERATOR);
  if (granted.length === 0) return undefined;
  const may = describePowers(granted, grant);
  const assumes = own.length > 0 ? [] : [`the operator of ${granted[0]?.ask.resource}.${granted[0]?.ask.group} runs`];
  if (grant.namespace === undefined)
    return {
      may,
      assumes,
      so: 'a pod may run with any service account of the cluster',
      targets: () => tier0('may start pods in every namespace'),
    };
  const targets = identitiesUnder(mesh, grant);
  const so = 'a pod there may run with any of its service accounts';
  const top = holdsControlPlane(mesh, grant.namespace) ? tier0(`may start pods in ${grant.namespace}`) : [];
  return { may, so, assumes, targets: ({ place }) => [...top, ...targets(place)] };
}
