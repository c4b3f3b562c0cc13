import { byOf } from '../../by.ts';
import type { Pod } from '../../k8s/pod.ts';
import type { PodSpec } from '../../k8s/pod-template.ts';
import { isObject } from '../../shape.ts';
import { AMBIENT_REDIRECTION, hasOwnProxy, type PodSet, SIDECAR_STATUS } from '../pods/pod-set.ts';
import { isLive } from '../pods/pods.ts';
import type { By } from '../types.ts';
import { REVISION } from './webhooks.ts';

/** What the pods of a set run. `mixed`: some of them have no data plane. */
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
  const bare = seen.filter(({ kind }) => kind === 'none');
  const [without] = bare;
  if (without) {
    const why = `${bare.length} of its ${seen.length} pods ${bare.length === 1 ? 'has' : 'have'} no data plane, unlike the others`;
    return { kind: 'mixed', why, by: byOf(without.pod), spec: without.pod.spec };
  }
  // Sidecar and ztunnel: the one that enforces less counts.
  const { pod } = seen.find(({ kind }) => kind === 'ambient') ?? first;
  const why = `some of its ${seen.length} pods have ${WORDS.sidecar}, others only ${WORDS.ambient}`;
  return { kind: 'ambient', why, by: byOf(pod), spec: pod.spec };
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
