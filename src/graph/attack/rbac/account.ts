import { namespaceKey } from '../../../model/inventory/types.ts';

/** A service account. */
export interface Account {
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  /** `ns/name`, in a named cluster `cluster:ns/name`. */
  readonly id: string;
}

export const accountId = (cluster: string, namespace: string, name: string): string =>
  `${namespaceKey(cluster, namespace)}/${name}`;
