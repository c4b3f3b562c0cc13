import type { LabelSelector } from '../../k8s/label-selector.ts';
import type { PodTemplate } from '../../k8s/pod-template.ts';
import type { OwnerReference, Path, Resource } from '../../resource.ts';
import type { Resources } from '../../resources.ts';
import type { Labels } from '../label-selection.ts';
import { namespaceKey } from '../types.ts';
import { controllerOf } from './pods.ts';

/** An object that makes pods from a template. */
export interface Controller {
  readonly kind: string;
  readonly resource: Resource;
  readonly templatePath: Path;
  readonly template: PodTemplate;
  readonly selector?: LabelSelector | undefined;
  readonly replicas?: number | undefined;
}

/** The object at the end of the chain of owners: a controller of the input, or one that is only known by name. */
export interface Root {
  readonly kind: string;
  readonly name: string;
  readonly controller?: Controller;
}

const TEMPLATE: Path = ['spec', 'template'];
const JOB_TEMPLATE: Path = ['spec', 'jobTemplate', 'spec', 'template'];

type WithTemplate = Resource<Pick<Controller, 'selector' | 'replicas'> & { readonly template?: PodTemplate }>;

export class Controllers {
  readonly all: readonly Controller[];
  readonly #byName: ReadonlyMap<string, Controller>;

  constructor(resources: Resources) {
    const plain: readonly (readonly WithTemplate[])[] = [
      resources.of('Deployment'),
      resources.of('StatefulSet'),
      resources.of('DaemonSet'),
      resources.of('ReplicaSet'),
      resources.of('Job'),
    ];
    this.all = [
      ...plain.flat().map((resource) => ({
        kind: resource.kind,
        resource,
        templatePath: TEMPLATE,
        template: resource.spec.template ?? {},
        selector: resource.spec.selector,
        replicas: resource.spec.replicas,
      })),
      ...resources.of('CronJob').map((resource) => ({
        kind: resource.kind,
        resource,
        templatePath: JOB_TEMPLATE,
        template: resource.spec.jobTemplate?.spec?.template ?? {},
      })),
    ];
    this.#byName = new Map(
      this.all.map((each) => [
        nameOf(each.resource.cluster, each.resource.namespace, each.kind, each.resource.name),
        each,
      ]),
    );
  }

  /** What a ReplicaSet or Job belongs to; anything else is its own root, whatever operator owns it. */
  rootOf(controller: Controller): Root {
    const { resource, kind } = controller;
    const owner = kind === 'ReplicaSet' || kind === 'Job' ? controllerOf(resource.ownerReferences) : undefined;
    const wanted = owner && (kind === 'ReplicaSet' || owner.kind === 'CronJob') ? owner : undefined;
    return wanted ? this.#root(resource, wanted, {}) : { kind, name: resource.name, controller };
  }

  /** What a pod belongs to; undefined for a pod that nothing manages. `labels` tell the hash in a ReplicaSet's name. */
  rootOfPod(pod: Resource): Root | undefined {
    const owner = controllerOf(pod.ownerReferences);
    // The kubelet's mirror pods are owned by their Node.
    return owner && owner.kind !== 'Node' ? this.#root(pod, owner, pod.labels) : undefined;
  }

  #root({ cluster, namespace }: Resource, { kind, name }: OwnerReference, labels: Labels): Root {
    const controller = this.#byName.get(nameOf(cluster, namespace, kind, name));
    if (controller) return this.rootOf(controller);
    const parent = parentByName(kind, name, labels);
    if (!parent) return { kind, name };
    const found = this.#byName.get(nameOf(cluster, namespace, parent.kind, parent.name));
    return found ? this.rootOf(found) : parent;
  }
}

const nameOf = (cluster: string, namespace: string, kind: string, name: string) =>
  `${namespaceKey(cluster, namespace)}/${kind}/${name}`;

/** Kubernetes' alphabet for generated names. */
const POD_TEMPLATE_HASH = /-[bcdfghjklmnpqrstvwxz2456789]{5,10}$/;
const SCHEDULED_MINUTE = /-\d{8,}$/;

/** Deployment of a ReplicaSet and CronJob of a Job that are not in the input, by the way their names are made. */
function parentByName(kind: string, name: string, labels: Labels): Root | undefined {
  if (kind === 'ReplicaSet') {
    const hash = labels['pod-template-hash'];
    const suffix = hash && name.endsWith(`-${hash}`) ? `-${hash}` : (POD_TEMPLATE_HASH.exec(name)?.[0] ?? '');
    return suffix ? { kind: 'Deployment', name: name.slice(0, -suffix.length) } : undefined;
  }
  const minute = kind === 'Job' ? SCHEDULED_MINUTE.exec(name)?.[0] : undefined;
  return minute ? { kind: 'CronJob', name: name.slice(0, -minute.length) } : undefined;
}
