import type { Ask } from './allows.ts';

const WRITE = ['create', 'update', 'patch'];
const CREATE = ['create'];

/** Rights to change a pod that exists: its image, not its service account. */
export const CHANGE_PODS: Ask = { group: '', resource: 'pods', verbs: ['update', 'patch'] };

const of = (group: string, verbs: readonly string[], ...resources: readonly string[]): readonly Ask[] =>
  resources.map((resource) => ({ group, resource, verbs }));

/** Rights by which pods of any shape, with any service account of the namespace, come to run. */
export const MAKE_PODS: readonly Ask[] = [
  ...of('', CREATE, 'pods'),
  ...of('', WRITE, 'replicationcontrollers'),
  ...of('apps', WRITE, 'deployments', 'statefulsets', 'daemonsets', 'replicasets'),
  ...of('batch', WRITE, 'cronjobs'),
  // The template of a Job cannot be changed.
  ...of('batch', CREATE, 'jobs'),
];

/** The same through operators in common use, whose objects hold a pod template or name a service account. */
export const MAKE_PODS_BY_OPERATOR: readonly Ask[] = [
  ...of('argoproj.io', WRITE, 'workflows', 'cronworkflows', 'rollouts'),
  ...of('serving.knative.dev', WRITE, 'services', 'configurations'),
  ...of('serving.kserve.io', WRITE, 'inferenceservices'),
  ...of('tekton.dev', WRITE, 'taskruns', 'pipelineruns'),
  ...of('kubeflow.org', WRITE, 'notebooks', 'pytorchjobs', 'tfjobs', 'mpijobs'),
  ...of('keda.sh', WRITE, 'scaledjobs'),
];
