import type { Subject } from '../result/types.ts';
import { namespacedName } from './wording.ts';

/** Subjects that are one object, with the ports that are named of it; order kept. */
export interface SubjectGroup extends Omit<Subject, 'port'> {
  readonly ports: readonly number[];
}

export function groupSubjects(subjects: readonly Subject[]): SubjectGroup[] {
  const groups = new Map<string, SubjectGroup & { ports: number[] }>();
  for (const { port, ...object } of subjects) {
    const key = [object.cluster, object.kind, object.namespace, object.name].join('\n');
    const group = groups.get(key) ?? { ...object, ports: [] };
    if (port !== undefined && !group.ports.includes(port)) group.ports.push(port);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** `StatefulSet payments/ledger, ports 8080 and 5432`; with the cluster in front where there are several. */
export function subjectName({ cluster, kind, namespace, name, ports }: SubjectGroup, severalClusters: boolean): string {
  const object = `${kind} ${severalClusters ? `${cluster}:` : ''}${namespacedName(namespace, name)}`;
  if (ports.length <= 1) return `${object}${ports.map((port) => `:${port}`).join('')}`;
  return `${object}, ports ${ports.slice(0, -1).join(', ')} and ${ports.at(-1)}`;
}
