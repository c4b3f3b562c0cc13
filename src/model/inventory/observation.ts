import { byOf } from '../by.ts';
import type { Pod } from '../k8s/pod.ts';
import type { PodSpec } from '../k8s/pod-template.ts';
import { isObject } from '../shape.ts';
import { AMBIENT_REDIRECTION, hasOwnProxy, type PodSet, SIDECAR_STATUS } from './pod-set.ts';
import { isLive } from './pods.ts';
import type { By } from './types.ts';
import { REVISION } from './webhooks.ts';

/** What the pods of a set run. `mixed`: not all of them have a data plane, or not the same. */
export interface Observation {
  readonly kind: 'sidecar' | 'ambient' | 'none' | 'mixed';
  readonly why: string;
  readonly by: By;
  readonly revision?: string;
  /** Containers of the pod that showed it. */
  readonly spec: PodSpec;
}

const WORDS = {
  sidecar: 'the proxy container',
  ambient: `\`${AMBIENT_REDIRECTION}: enabled\``,
  none: 'no data plane',
} as const;

/** Undefined where the input holds no pod that tells: a manifest without proxy and without status is a wish. */
export function observe(set: PodSet): Observation | undefined {
  const seen = set.pods.flatMap((pod) => {
    const kind = observePod(pod);
    return kind ? [{ pod, kind }] : [];
  });
  const [first] = seen;
  if (!first) return undefined;
  const odd = seen.find(({ kind }) => kind !== first.kind);
  const of = seen.length === 1 ? 'its pod has' : `its ${seen.length} pods have`;
  if (!odd) {
    const revision = revisionOf(first.pod);
    const why = `${of} ${WORDS[first.kind]}`;
    return { kind: first.kind, why, by: byOf(first.pod), ...(revision && { revision }), spec: first.pod.spec };
  }
  const without = seen.find(({ kind }) => kind === 'none') ?? odd;
  const count = seen.filter(({ kind }) => kind === without.kind).length;
  const why = `${count} of its ${seen.length} pods ${count === 1 ? 'has' : 'have'} ${WORDS[without.kind]}, unlike the others`;
  return { kind: 'mixed', why, by: byOf(without.pod), spec: without.pod.spec };
}

function observePod(pod: Pod): 'sidecar' | 'ambient' | 'none' | undefined {
  const noContainersRead = (pod.spec.containers ?? []).length === 0;
  if (hasOwnProxy(pod.spec) || (noContainersRead && pod.annotations[SIDECAR_STATUS] !== undefined)) return 'sidecar';
  if (pod.annotations[AMBIENT_REDIRECTION] === 'enabled') return 'ambient';
  return isLive(pod) ? 'none' : undefined;
}

/** The injector notes its revision in the annotation it leaves. */
function revisionOf(pod: Pod): string | undefined {
  try {
    const status: unknown = JSON.parse(pod.annotations[SIDECAR_STATUS] ?? '{}');
    const revision = isObject(status) ? status.revision : undefined;
    if (typeof revision === 'string' && revision) return revision;
  } catch {
    // Not the injector's: no revision.
  }
  return pod.labels[REVISION] ?? pod.annotations[REVISION];
}
