import { namespaceKey } from '../../../model/inventory/types.ts';
import type { Facts } from '../../facts.ts';
import { describePowers, edgesOf, findPowers, tier0 } from '../rbac/edges.ts';
import type { Grant } from '../rbac/grants.ts';
import { MAKE_PODS } from '../rbac/pod-makers.ts';
import { rightsOf } from '../rbac/rights.ts';
import type { Pivot } from './pivot.ts';

const LABEL = 'pod-security.kubernetes.io/enforce';

/** Whoever may start pods in a namespace of which Pod Security demands nothing may start one that is root on a node of its choice. */
export const startPrivilegedPods: Pivot = {
  id: 'rbac/start-privileged-pods',
  title: 'starts a privileged pod on a node of its choice',
  technique: 'T1610',
  asks: MAKE_PODS,
  *find(facts) {
    const rights = rightsOf(facts.mesh);
    for (const grant of rights.grants) {
      if (grant.namespace === undefined || isRestricted(facts, grant)) continue;
      const granted = findPowers(grant, MAKE_PODS);
      if (granted.length === 0) continue;
      yield* edgesOf(rights, grant, {
        may: describePowers(granted, grant),
        so: `nothing in the input keeps privileged pods out of it (no label ${LABEL})`,
        // Admission by default, or by a policy engine, is not part of the input.
        status: 'UNKNOWN',
        assumes: [`no admission control refuses privileged pods in namespace ${grant.namespace}`],
        targets: () => tier0('root on every node'),
      });
    }
  },
};

/** Source: Kubernetes staging/src/k8s.io/pod-security-admission/policy (baseline and restricted refuse privileged pods and hostPath). */
function isRestricted({ mesh }: Facts, { cluster, namespace = '' }: Grant): boolean {
  const found = mesh.namespaces.get(namespaceKey(cluster, namespace));
  // What a namespace demands is only known where its labels are.
  if (!found?.defined) return true;
  const level = found.labels[LABEL];
  return level === 'baseline' || level === 'restricted';
}
