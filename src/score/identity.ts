import type { Mesh, Workload } from '../model/inventory/types.ts';
import type { Measure } from './measure.ts';
import { judgedWorkload, type Population } from './population.ts';
import { tally } from './tally.ts';

export const enrolmentUnsettled = 'the Namespace objects, or running Pods, which tell what enrols the workloads';

/**
 * Workload identity: who has a data plane, and an identity of its own: not shared, and not that of a `default` account. Both are counted over
 * all workloads, so that enrolling one more never lowers anything.
 */
export function identityMeasures(population: Population): readonly Measure[] {
  const { members, facts } = population;
  return [
    {
      subjects: 'workloads',
      covered: 'in the mesh',
      tally: tally(
        members.map((member) => {
          const { kind, status } = member.workload.dataPlane;
          return judgedWorkload(population, member, { covered: kind !== 'none', status });
        }),
      ),
      absent: 'the workloads',
      unsettled: enrolmentUnsettled,
    },
    {
      subjects: 'workloads',
      covered: 'with an identity of their own',
      tally: tally(
        members.map((member) => {
          const covered = hasOwnIdentity(facts.mesh, member.workload);
          return judgedWorkload(population, member, { covered, status: member.workload.dataPlane.status });
        }),
      ),
      absent: 'the workloads',
      unsettled: enrolmentUnsettled,
    },
  ];
}

/** The same workload in several clusters of a mesh has one identity on purpose. */
export function hasOwnIdentity({ identities }: Pick<Mesh, 'identities'>, workload: Workload): boolean {
  if (workload.identity === null || workload.serviceAccount === 'default') return false;
  const holders = identities.get(workload.identity) ?? [];
  return holders.every(({ namespace, name }) => namespace === workload.namespace && name === workload.name);
}
