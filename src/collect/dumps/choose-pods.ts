import type { ContainerSpec } from '../../model/k8s/container.ts';
import { isObject } from '../../model/shape.ts';
import type { DumpGap } from '../bundle/manifest.ts';
import type { RawValue } from '../snapshot.ts';

/** A pod that is asked what it runs. */
export interface DumpTarget {
  readonly kind: 'envoy' | 'ztunnel' | 'istiod';
  readonly namespace: string;
  readonly pod: string;
}

export interface DumpPlan {
  readonly targets: readonly DumpTarget[];
  /** What is left out from the start. */
  readonly gaps: readonly DumpGap[];
  /** A rough guess at what comes over the wire. */
  readonly bytes: number;
}

/** Pods that are asked, at most: each costs the API server a connection and some MB. */
const MOST = 300;
const PROXY = 'istio-proxy';

interface Candidate extends DumpTarget {
  /** What those that are made from one template, with the same proxy, have in common. */
  readonly class: string;
  readonly state: 'ready' | 'running' | 'down';
}

/**
 * One pod of each class of replicas (one template and one proxy image), every ztunnel, every istiod. Waypoints are left out: what they hold is not
 * compared.
 */
export function choosePods(pods: readonly RawValue[], services: number): DumpPlan {
  const candidates = pods.flatMap((pod) => candidateOf(pod) ?? []).sort(byPlace);
  const chosen = new Map<string, Candidate>();
  for (const each of candidates) {
    const known = chosen.get(each.class);
    if (!known || RANK[each.state] < RANK[known.state]) chosen.set(each.class, each);
  }
  const all = [...chosen.values()].sort(byPlace);
  const up = all.filter(({ state }) => state !== 'down');
  const asked = up.slice(0, MOST);
  const gaps: DumpGap[] = all
    .filter(({ state }) => state === 'down')
    .map((each) => ({
      what: nameOf(each),
      namespace: each.namespace,
      reason: 'failed',
      why: 'no pod of it is running',
    }));
  if (up.length > MOST)
    gaps.push({ what: `${up.length - MOST} more proxies`, reason: 'failed', why: `${MOST} are asked at most` });
  const sizes = {
    envoy: 150_000 + 10_000 * services,
    ztunnel: 20_000 + 2_000 * pods.length,
    istiod: 2_000 * pods.length,
  };
  return {
    targets: asked.map(({ kind, namespace, pod }) => ({ kind, namespace, pod })),
    gaps,
    bytes: asked.reduce((sum, { kind }) => sum + sizes[kind], 0),
  };
}

/** In words, for people. */
export const nameOf = ({ kind, namespace, pod }: DumpTarget): string =>
  kind === 'istiod' ? `the sync status of ${namespace}/${pod}` : `the proxy of ${namespace}/${pod}`;

const RANK = { ready: 0, running: 1, down: 2 } as const;
const ORDER = { istiod: 0, ztunnel: 1, envoy: 2 } as const;

const byPlace = (a: Candidate, b: Candidate): number =>
  ORDER[a.kind] - ORDER[b.kind] || (`${a.namespace}/${a.pod}` < `${b.namespace}/${b.pod}` ? -1 : 1);

function candidateOf({ metadata, spec, status }: RawValue): Candidate | undefined {
  if (!isObject(metadata) || !isObject(spec)) return undefined;
  const { name, namespace } = metadata;
  if (typeof name !== 'string' || typeof namespace !== 'string') return undefined;
  const labels: RawValue = isObject(metadata.labels) ? metadata.labels : {};
  const containers = [...containersIn(spec.containers), ...containersIn(spec.initContainers)];
  const proxy = containers.find((each) => each.name === PROXY);
  const kind = kindOf(labels, containers, proxy !== undefined);
  if (!kind || isWaypoint(labels)) return undefined;
  const owner = Array.isArray(metadata.ownerReferences) ? metadata.ownerReferences.find(isObject) : undefined;
  const replica = [
    ...(owner ? [owner.kind, owner.name] : ['Pod', name]),
    labels['pod-template-hash'] ?? labels['controller-revision-hash'] ?? '',
    proxy?.image ?? '',
  ];
  const own = kind === 'envoy' ? replica : [name];
  return { kind, namespace, pod: name, class: JSON.stringify([kind, namespace, ...own]), state: stateOf(status) };
}

function kindOf(
  labels: RawValue,
  containers: readonly ContainerSpec[],
  hasProxy: boolean,
): DumpTarget['kind'] | undefined {
  const runs = (program: string): boolean =>
    containers.some(({ image = '' }) => new RegExp(`(^|/)${program}(-distroless)?([:@]|$)`).test(image));
  const isCalled = (program: string): boolean => labels.app === program || labels['app.kubernetes.io/name'] === program;
  if (hasProxy) return isCalled('ztunnel') || runs('ztunnel') ? 'ztunnel' : 'envoy';
  return isCalled('istiod') || runs('pilot') ? 'istiod' : undefined;
}

/** Source: istio pilot/pkg/config/kube/gateway/templates.go (labels of what it deploys). */
const isWaypoint = (labels: RawValue): boolean =>
  labels['gateway.istio.io/managed'] === 'istio.io-mesh-controller' ||
  labels['gateway.networking.k8s.io/gateway-class-name'] === 'istio-waypoint';

function stateOf(status: unknown): Candidate['state'] {
  if (!isObject(status) || status.phase !== 'Running') return 'down';
  const conditions = Array.isArray(status.conditions) ? status.conditions.filter(isObject) : [];
  return conditions.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') ? 'ready' : 'running';
}

const containersIn = (value: unknown): readonly ContainerSpec[] =>
  Array.isArray(value) ? (value.filter(isObject) as ContainerSpec[]) : [];
