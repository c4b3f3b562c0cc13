import { edgesOf, isClusterAdmin, tier0 } from '../rbac/edges.ts';
import { rightsOf } from '../rbac/rights.ts';
import type { Pivot } from './pivot.ts';

export const beClusterAdmin: Pivot = {
  id: 'rbac/cluster-admin',
  title: 'uses a service account that may do everything in the cluster',
  technique: 'T1078',
  *find({ mesh }) {
    const rights = rightsOf(mesh);
    for (const grant of rights.grants) {
      if (!isClusterAdmin(grant)) continue;
      yield* edgesOf(rights, grant, {
        may: 'do everything in the cluster',
        so: 'nothing in it is closed to whoever controls it',
        targets: () => tier0('may do everything in the cluster'),
      });
    }
  },
};
