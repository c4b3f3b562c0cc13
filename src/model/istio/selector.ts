import { list, map, object, string, text } from '../shape.ts';

/** `selector` of the security kinds: absent or empty means all workloads in scope. */
export const workloadSelector = object({ matchLabels: map(text) }, { strict: true });

/** `targetRef`, and an entry of `targetRefs`. */
export const targetReference = object(
  { group: string, kind: string, name: string, namespace: string },
  { strict: true },
);
export const targetReferences = list(targetReference);
