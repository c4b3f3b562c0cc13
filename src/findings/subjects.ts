import { type Mesh, type Workload, type WorkloadId, workloadId } from '../model/inventory/types.ts';
import type { By } from '../result/location.ts';
import type { Subject } from '../result/types.ts';

/** The object at fault as a subject. */
export function subjectOfCause({ kind, namespace, name, location }: By, cluster: string): Subject {
  return { cluster, kind, namespace, name, location };
}

/** Names a subject without its place: `Deployment payments/ledger:8080`. Unique within a result. */
export function subjectName({ cluster, kind, namespace, name, port }: Subject): string {
  const where = cluster ? `${cluster}:` : '';
  const object = namespace ? `${namespace}/${name}` : name;
  return `${kind} ${where}${object}${port === undefined ? '' : `:${port}`}`;
}

/** By cluster, namespace, name, kind and port. */
export function compareSubjects(a: Subject, b: Subject): number {
  return (
    compare(a.cluster, b.cluster) ||
    compare(a.namespace, b.namespace) ||
    compare(a.name, b.name) ||
    compare(a.kind, b.kind) ||
    (a.port ?? -1) - (b.port ?? -1)
  );
}

/** Sorted, each once. */
export function sortSubjects(subjects: readonly Subject[]): Subject[] {
  return subjects.toSorted(compareSubjects).filter((subject, index, all) => {
    const before = all[index - 1];
    return before === undefined || compareSubjects(before, subject) !== 0;
  });
}

/** The workload that a subject is, if it is one. */
export function findWorkload(mesh: Pick<Mesh, 'workloadById'>, subject: Subject): Workload | undefined {
  const workload = mesh.workloadById.get(workloadId(subject.cluster, subject.namespace, subject.name));
  return workload?.kind === subject.kind ? workload : undefined;
}

/** Distinct workloads among subjects, in their order. */
export function workloadsOf(mesh: Pick<Mesh, 'workloadById'>, subjects: readonly Subject[]): Workload[] {
  const found = new Map<WorkloadId, Workload>();
  for (const subject of subjects) {
    const workload = findWorkload(mesh, subject);
    if (workload) found.set(workload.id, workload);
  }
  return [...found.values()];
}

export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
