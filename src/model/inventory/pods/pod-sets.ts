import type { Pod } from '../../k8s/pod.ts';
import type { Resources } from '../../resources.ts';
import { matchesLabels, type Labels, matchesSelector } from '../label-selection.ts';
import { namespaceKey } from '../types.ts';
import { type Controller, Controllers, type Root } from './controllers.ts';
import { type PodSet, SIDECAR_STATUS, serviceAccountOf } from './pod-set.ts';
import { isCompleted, isLive } from './pods.ts';

/** Labels that the controllers of Kubernetes put on every single pod. */
const PER_POD_LABELS: ReadonlySet<string> = new Set([
  'pod-template-hash',
  'pod-template-generation',
  'controller-revision-hash',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
  'controller-uid',
  'job-name',
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-name',
  'batch.kubernetes.io/job-completion-index',
]);

interface Draft {
  readonly root: Root;
  readonly namespace: string;
  readonly cluster: string;
  readonly pods: Pod[];
  /** ReplicaSets and Jobs of a root that is not in the input. */
  readonly children: Controller[];
}

/**
 * Collapses the pods, ReplicaSets and Jobs of the input into what they belong to. Where the Deployment (CronJob, …) itself is missing it
 * is known by its name, and its template is that of a child. Completed pods neither send nor receive: they are left out.
 */
export function findPodSets(resources: Resources): readonly PodSet[] {
  const controllers = new Controllers(resources);
  const drafts = new Map<string, Draft>();
  const draftOf = ({ cluster, namespace }: { cluster: string; namespace: string }, root: Root): Draft => {
    const key = `${namespaceKey(cluster, namespace)}/${root.kind}/${root.name}`;
    const found = drafts.get(key);
    if (found) return found;
    const draft = { root, namespace, cluster, pods: [], children: [] };
    drafts.set(key, draft);
    return draft;
  };

  const roots: Controller[] = [];
  for (const controller of controllers.all) {
    const root = controllers.rootOf(controller);
    const draft = draftOf(controller.resource, root);
    if (root.controller === controller) roots.push(controller);
    else if (!root.controller) draft.children.push(controller);
  }
  const adopt = adoption(roots);
  for (const pod of resources.of('Pod')) {
    if (isCompleted(pod)) continue;
    const root = controllers.rootOfPod(pod) ?? adopt(pod) ?? { kind: 'Pod', name: pod.name };
    draftOf(pod, root).pods.push(pod);
  }
  return [...drafts.values()].flatMap((draft) => toPodSet(draft) ?? []);
}

/**
 * Live pods without owner references (a dump may leave them out) belong to the controller whose selector takes them, if their name and
 * service account are as that controller would make them.
 */
function adoption(roots: readonly Controller[]): (pod: Pod) => Root | undefined {
  const byLabel = new Map<string, Controller[]>();
  for (const root of roots) {
    const [first] = Object.entries(root.selector?.matchLabels ?? {});
    if (!first) continue;
    const key = `${namespaceKey(root.resource.cluster, root.resource.namespace)}/${first[0]}=${first[1]}`;
    const filed = byLabel.get(key);
    if (filed) filed.push(root);
    else byLabel.set(key, [root]);
  }
  return (pod) => {
    if (!isLive(pod)) return undefined;
    const place = namespaceKey(pod.cluster, pod.namespace);
    const found = Object.entries(pod.labels)
      .flatMap(([key, value]) => byLabel.get(`${place}/${key}=${value}`) ?? [])
      .filter(({ resource }) => pod.name.startsWith(`${resource.name}-`))
      .filter(({ selector }) => matchesSelector(selector, pod.labels))
      .filter(({ template }) => serviceAccountOf(template.spec ?? {}) === serviceAccountOf(pod.spec))
      .sort((a, b) => b.resource.name.length - a.resource.name.length)[0];
    return found && { kind: found.kind, name: found.resource.name, controller: found };
  };
}

function toPodSet({ root, namespace, cluster, children, ...rest }: Draft): PodSet | undefined {
  const { kind, name } = root;
  const pods = rest.pods.sort((a, b) => (a.name < b.name ? -1 : 1));
  const controller = root.controller ?? newest(children);
  if (controller) {
    const { resource, templatePath, template, replicas } = controller;
    const written = template.metadata?.labels ?? {};
    return {
      cluster,
      namespace,
      name,
      kind,
      resource,
      templatePath,
      labels: withObserved(root.controller ? written : withoutPerPodLabels(written), pods, (pod) =>
        withoutPerPodLabels(pod.labels),
      ),
      annotations: withObserved(template.metadata?.annotations ?? {}, pods, istioAnnotations),
      spec: template.spec ?? {},
      replicas,
      pods,
    };
  }
  const [first] = pods;
  if (!first) return undefined;
  const labels = kind === 'Pod' ? first.labels : withoutPerPodLabels(first.labels);
  const { annotations, spec } = first;
  return { cluster, namespace, name, kind, resource: first, templatePath: [], labels, annotations, spec, pods };
}

/** The child whose template holds: the youngest, and of equals the one that runs most. */
function newest(children: readonly Controller[]): Controller | undefined {
  const age = ({ resource }: Controller) => resource.creationTimestamp ?? '';
  return [...children].sort((a, b) =>
    age(a) === age(b) ? (b.replicas ?? 0) - (a.replicas ?? 0) : age(a) < age(b) ? 1 : -1,
  )[0];
}

/** The template's own, and what admission gave to all of the running pods alike. */
function withObserved(written: Labels, pods: readonly Pod[], observe: (pod: Pod) => Labels): Labels {
  if (pods.length === 0) return written;
  const [first, ...others] = pods.filter(isLive).map(observe);
  if (!first) return written;
  const shared = Object.entries(first).filter(([key, value]) =>
    others.every((other) => matchesLabels({ [key]: value }, other)),
  );
  return { ...Object.fromEntries(shared), ...written };
}

const istioAnnotations = (pod: Pod): Labels =>
  Object.fromEntries(
    Object.entries(pod.annotations).filter(([key]) => key.includes('istio.io/') && key !== SIDECAR_STATUS),
  );

function withoutPerPodLabels(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !PER_POD_LABELS.has(key)));
}
