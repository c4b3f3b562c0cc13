import type { Workload } from '../../../model/inventory/types.ts';
import type { Facts } from '../../facts.ts';
import { isAsset } from '../find-grants.ts';
import type { Ask } from '../rbac/allows.ts';
import { describePowers, edgesOf, findPowers } from '../rbac/edges.ts';
import { controlOf } from '../rbac/places.ts';
import { rightsOf } from '../rbac/rights.ts';
import type { Pivot } from './pivot.ts';

const ROUTES: readonly Ask[] = [
  { group: 'networking.istio.io', resource: 'virtualservices', verbs: ['create', 'update', 'patch'] },
];

/**
 * A VirtualService with `exportTo: *`, which is the default, tells sidecars of every namespace where requests for its hosts go, and with which
 * path: their callers then ask, with their own identity, for what the attacker wants.
 *
 * Source: istio pilot/pkg/model/push_context.go (virtualServices by exportTo); reference §7.
 */
export const divertRequests: Pivot = {
  id: 'rbac/divert-requests',
  title: 'has the proxies of others send their requests elsewhere',
  technique: 'T1557',
  asks: ROUTES,
  *find(facts) {
    const { mesh } = facts;
    const rights = rightsOf(mesh);
    let targets: readonly Workload[] | undefined;
    for (const grant of rights.grants) {
      const { namespace } = grant;
      // Everywhere, and in the root namespace, it is tier 0 already.
      if (namespace === undefined || namespace === mesh.config.rootNamespace.value) continue;
      const granted = findPowers(grant, ROUTES).filter(({ power }) => !power.names);
      if (granted.length === 0) continue;
      targets ??= calledBySidecars(facts);
      const footholds = targets
        .filter(({ cluster }) => cluster === grant.cluster)
        .map((workload) => controlOf(mesh, workload));
      yield* edgesOf(rights, grant, {
        may: describePowers(granted, grant),
        so: 'sidecars of every namespace send where a VirtualService says, with the identities of their callers',
        gives: 'reach',
        targets: () => footholds,
        assumes: [
          `no Sidecar keeps the proxies of its callers from VirtualServices of ${namespace}`,
          'one of its callers sends a request that can be diverted',
        ],
      });
    }
  },
};

/** Assets that some workload with a sidecar is there to call. */
function calledBySidecars(facts: Facts): readonly Workload[] {
  const { mesh, wanted } = facts;
  return mesh.workloads.filter(
    (workload) =>
      workload.dataPlane.kind !== 'none' &&
      isAsset(facts, workload) &&
      wanted
        .to(workload)
        .some(({ from }) => from !== 'internet' && mesh.workloadById.get(from)?.dataPlane.kind === 'sidecar'),
  );
}
