import type { KindName } from '../model/kinds.ts';
import type { Resources } from '../model/resources.ts';

/** A name for a new object that nothing of its kind has there yet: as wanted, or with a number behind it. */
export function freeName(
  resources: Resources,
  kind: KindName,
  { cluster, namespace }: { readonly cluster: string; readonly namespace: string },
  wanted: string,
): string {
  let free = wanted;
  for (let n = 2; resources.find(kind, namespace, free, cluster); n++) free = `${wanted}-${n}`;
  return free;
}
