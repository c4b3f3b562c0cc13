import type { Workload } from '../../model/inventory/types.ts';

const RANDOM = '[a-z0-9]{5}';
/** What Kubernetes puts after the name of a controller for its pods. */
const SUFFIXES: Readonly<Record<string, string>> = {
  Deployment: `-[a-z0-9]{1,10}-${RANDOM}`,
  StatefulSet: '-[0-9]+',
  DaemonSet: `-${RANDOM}`,
  ReplicaSet: `-${RANDOM}`,
  Job: `-([0-9]+-)?${RANDOM}`,
  CronJob: `-[0-9]+-([0-9]+-)?${RANDOM}`,
};

/** Whether pods of a workload can be found by their labels and names. */
export const hasPods = ({ kind, labels }: Workload): boolean =>
  kind === 'Pod' || (SUFFIXES[kind] !== undefined && Object.keys(labels).length > 0);

/** The names that the pods of a workload have, as a regular expression (POSIX extended): labels alone may be those of others too. */
export function podNames({ kind, name }: Workload): string {
  return `^${name.replaceAll('.', '[.]')}${SUFFIXES[kind] ?? ''}$`;
}
