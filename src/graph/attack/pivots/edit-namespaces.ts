import { namespaceKey } from '../../../model/inventory/types.ts';
import { isMachine } from '../../../model/inventory/member.ts';
import type { Ask } from '../rbac/allows.ts';
import { describePowers, edgesOf, findPowers, isClusterAdmin, tier0 } from '../rbac/edges.ts';
import { controlOf } from '../rbac/places.ts';
import { rightsOf } from '../rbac/rights.ts';
import type { Pivot } from './pivot.ts';

const LABEL: Ask = { group: '', resource: 'namespaces', verbs: ['update', 'patch'] };

/** Labels enrol a namespace: without them new pods have no sidecar, and running ones leave ztunnel at once. */
export const editNamespaces: Pivot = {
  id: 'rbac/edit-namespaces',
  title: 'takes a namespace out of the mesh by its labels',
  technique: 'T1562.001',
  asks: [LABEL],
  *find({ mesh }) {
    const rights = rightsOf(mesh);
    for (const grant of rights.grants) {
      const [granted] = isClusterAdmin(grant) ? [] : findPowers(grant, [LABEL]);
      if (!granted) continue;
      // A Namespace is asked for as if it were inside itself, so that a RoleBinding in it is enough.
      const names = grant.namespace === undefined ? granted.power.names : [grant.namespace];
      const may = describePowers([granted], grant);
      if (!names) {
        const targets = () => tier0('may take every namespace out of the mesh');
        yield* edgesOf(rights, grant, { may, so: 'no namespace has to stay in the mesh', targets });
        continue;
      }
      if (grant.namespace !== undefined && granted.power.names?.includes(grant.namespace) === false) continue;
      const targets = names
        .flatMap((name) => mesh.workloadsByNamespace.get(namespaceKey(grant.cluster, name)) ?? [])
        .filter((workload) => !isMachine(workload))
        .filter(({ dataPlane }) => dataPlane.kind === 'sidecar' || dataPlane.kind === 'ambient')
        .map((workload) => controlOf(mesh, workload));
      const so = 'without the labels its pods are outside the mesh, where no policy of Istio holds';
      yield* edgesOf(rights, grant, { may, so, gives: 'reach', targets: () => targets });
    }
  },
};
