import type { Workload } from '../../../model/inventory/types.ts';
import type { Ask } from '../rbac/allows.ts';
import { describePowers, edgesOf, findPowers, type Granted, isClusterAdmin, tier0 } from '../rbac/edges.ts';
import { controlOf, holdsControlPlane, isPodOf, podsUnder } from '../rbac/places.ts';
import { CHANGE_PODS } from '../rbac/pod-makers.ts';
import { rightsOf } from '../rbac/rights.ts';
import type { Pivot } from './pivot.ts';

/** `get` opens a session too (over WebSocket), which is why it counts: Kubernetes pkg/registry/core/pod/rest/subresources.go. */
const RUN: readonly Ask[] = [
  { group: '', resource: 'pods/exec', verbs: ['create', 'get'] },
  { group: '', resource: 'pods/attach', verbs: ['create', 'get'] },
  { group: '', resource: 'pods/ephemeralcontainers', verbs: ['update', 'patch'] },
  CHANGE_PODS,
];

export const runInPods: Pivot = {
  id: 'rbac/run-in-pods',
  title: 'runs a command in a pod through the API server',
  technique: 'T1609',
  asks: RUN,
  *find({ mesh }) {
    const rights = rightsOf(mesh);
    for (const grant of rights.grants) {
      const granted = isClusterAdmin(grant) ? [] : findPowers(grant, RUN);
      if (granted.length === 0) continue;
      const may = describePowers(granted, grant);
      if (grant.namespace === undefined) {
        // Names of pods are generated: a rule for some of them, in all namespaces, is for no workload in particular.
        if (granted.every(({ power }) => power.names)) continue;
        const targets = () => tier0('may run commands in every pod');
        yield* edgesOf(rights, grant, { may, so: 'that is control of every workload', targets });
        continue;
      }
      const workloads = podsUnder(mesh, grant).filter((workload) => isMeant(granted, workload));
      const found = workloads.map((workload) => controlOf(mesh, workload));
      const top = holdsControlPlane(mesh, grant.namespace) && granted.some(({ power }) => !power.names);
      const targets = top ? [...tier0(`may run commands in the pods of ${grant.namespace}`), ...found] : found;
      yield* edgesOf(rights, grant, { may, so: 'that is control of what runs in them', targets: () => targets });
    }
  },
};

const isMeant = (granted: readonly Granted[], workload: Workload): boolean =>
  granted.some(({ power: { names } }) => !names || names.some((name) => isPodOf(name, workload)));
