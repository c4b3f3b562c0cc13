import type { ContainerSpec } from '../../model/k8s/container.ts';
import { isObject } from '../../model/shape.ts';
import type { DumpGap } from '../bundle/manifest.ts';
import type { RawValue } from '../snapshot.ts';

/** A document that a pod is asked for. */
export interface DumpTarget {
  readonly kind: 'envoy' | 'ztunnel' | 'istiod';
  readonly page: DumpPage;
  readonly namespace: string;
  readonly pod: string;
  /** Replicas of its class, which are asked where it does not answer. */
  readonly others: readonly string[];
}

export type DumpPage = 'config_dump' | 'syncz' | 'configz' | 'authorizationz' | 'registryz' | 'ambientz';

export interface DumpPlan {
  readonly targets: readonly DumpTarget[];
  /** What is left out from the start. */
  readonly gaps: readonly DumpGap[];
  /** A rough guess at what comes over the wire. */
  readonly bytes: number;
  /** Documents that an earlier run has; they are not asked for again. */
  readonly kept?: number;
}

/** What the size of documents is guessed from. */
export interface ClusterSize {
  readonly services: number;
  /** Of Istio and of the Gateway API. */
  readonly objects?: number;
  readonly policies?: number;
}

/** Documents, at most: each costs the API server a connection and some MB. */
const MOST = 300;
/** Pods of a class that are asked, one after the other, until one answers. */
const TRIES = 3;
const PROXY = 'istio-proxy';

interface Candidate extends Pick<DumpTarget, 'kind' | 'namespace' | 'pod'> {
  /** What those that are made from one template, with the same proxy, have in common. */
  readonly class: string;
  readonly state: 'ready' | 'running' | 'down';
}

type Chosen = DumpTarget & { readonly state: Candidate['state'] };

/**
 * One pod of each class of replicas (one template and one proxy image), and every ztunnel. Of istiods each is asked for the sync status, since
 * it tells of its own proxies, and one of each class for what it holds, since all replicas hold the same.
 */
export function choosePods(pods: readonly RawValue[], size: ClusterSize): DumpPlan {
  const candidates = pods.flatMap((pod) => candidateOf(pod) ?? []).sort(byPlace);
  const classes = new Map<string, Candidate[]>();
  for (const each of candidates) {
    const known = classes.get(each.class);
    if (known) known.push(each);
    else classes.set(each.class, [each]);
  }
  const isAmbient = candidates.some(({ kind }) => kind === 'ztunnel');
  const all = [...classes.values()].flatMap((members) => documentsOf(members, isAmbient)).sort(byPlace);
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
  return {
    targets: asked.map(({ state, ...target }) => target),
    gaps,
    bytes: asked.reduce((sum, target) => sum + bytesOf(target, size, pods.length), 0),
  };
}

function documentsOf(members: readonly Candidate[], isAmbient: boolean): readonly Chosen[] {
  const ranked = [...members].sort((a, b) => RANK[a.state] - RANK[b.state]);
  const [first, ...others] = ranked;
  if (!first) return [];
  const one = (page: DumpPage): Chosen => ({
    ...placeOf(first),
    page,
    others: others
      .filter(({ state }) => state !== 'down')
      .slice(0, TRIES - 1)
      .map(({ pod }) => pod),
  });
  const each = (page: DumpPage): readonly Chosen[] =>
    members.map((member) => ({ ...placeOf(member), page, others: [] }));
  switch (first.kind) {
    case 'envoy':
      return [one('config_dump')];
    case 'ztunnel':
      return each('config_dump');
    case 'istiod':
      return [
        ...each('syncz'),
        ...(['configz', 'authorizationz', 'registryz', ...(isAmbient ? (['ambientz'] as const) : [])] as const).map(
          one,
        ),
      ];
  }
}

const placeOf = ({ kind, namespace, pod, state }: Candidate): Omit<Chosen, 'page' | 'others'> => ({
  kind,
  namespace,
  pod,
  state,
});

function bytesOf({ kind, page }: DumpTarget, { services, objects = 0, policies = 0 }: ClusterSize, pods: number) {
  switch (page) {
    case 'config_dump':
      return kind === 'envoy' ? 150_000 + 10_000 * services : 20_000 + 2_000 * pods;
    case 'syncz':
      return 2_000 * pods;
    case 'configz':
      return 10_000 + 3_000 * objects;
    case 'authorizationz':
      return 1_000 + 2_000 * policies;
    case 'registryz':
      return 1_000 + 1_000 * services;
    case 'ambientz':
      return 10_000 + 1_000 * (pods + services);
  }
}

/** In words, for people. */
export function nameOf({ page, namespace, pod }: Pick<DumpTarget, 'page' | 'namespace' | 'pod'>): string {
  const place = `${namespace}/${pod}`;
  switch (page) {
    case 'config_dump':
      return `the proxy of ${place}`;
    case 'syncz':
      return `the sync status of ${place}`;
    case 'configz':
      return `what istiod ${place} holds (\`configz\`)`;
    case 'authorizationz':
      return `the policies of istiod ${place} (\`authorizationz\`)`;
    case 'registryz':
      return `the services that istiod ${place} knows (\`registryz\`)`;
    case 'ambientz':
      return `what istiod ${place} has for ztunnels (\`ambientz\`)`;
  }
}

const RANK = { ready: 0, running: 1, down: 2 } as const;
const ORDER = { istiod: 0, ztunnel: 1, envoy: 2 } as const;

/** Documents of one pod stay in the order in which they are made. */
const byPlace = (a: Candidate | Chosen, b: Candidate | Chosen): number => {
  const [left, right] = [a, b].map(({ namespace, pod }) => `${namespace}/${pod}`) as [string, string];
  return ORDER[a.kind] - ORDER[b.kind] || (left < right ? -1 : left > right ? 1 : 0);
};

function candidateOf({ metadata, spec, status }: RawValue): Candidate | undefined {
  if (!isObject(metadata) || !isObject(spec)) return undefined;
  const { name, namespace } = metadata;
  if (typeof name !== 'string' || typeof namespace !== 'string') return undefined;
  const labels: RawValue = isObject(metadata.labels) ? metadata.labels : {};
  const containers = [...containersIn(spec.containers), ...containersIn(spec.initContainers)];
  const proxy = containers.find((each) => each.name === PROXY);
  const kind = kindOf(labels, containers, proxy !== undefined);
  if (!kind) return undefined;
  const owner = Array.isArray(metadata.ownerReferences) ? metadata.ownerReferences.find(isObject) : undefined;
  const [container] = containers;
  const replica = [
    ...(owner ? [owner.kind, owner.name] : ['Pod', name]),
    labels['pod-template-hash'] ?? labels['controller-revision-hash'] ?? '',
    (kind === 'istiod' ? container?.image : proxy?.image) ?? '',
  ];
  const own = kind === 'ztunnel' ? [name] : replica;
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

function stateOf(status: unknown): Candidate['state'] {
  if (!isObject(status) || status.phase !== 'Running') return 'down';
  const conditions = Array.isArray(status.conditions) ? status.conditions.filter(isObject) : [];
  return conditions.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') ? 'ready' : 'running';
}

const containersIn = (value: unknown): readonly ContainerSpec[] =>
  Array.isArray(value) ? (value.filter(isObject) as ContainerSpec[]) : [];
