import type { PolicyRule } from '../../../model/k8s/rbac.ts';

const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update'];
const ALL = [...WRITE, 'get', 'list', 'watch'];

/** What of `edit` may turn into something else; the rest of it does not matter here. */
const EDIT: readonly PolicyRule[] = [
  {
    apiGroups: [''],
    resources: ['pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy'],
    verbs: ['get', ...ALL],
  },
  { apiGroups: [''], resources: ['secrets', 'serviceaccounts', 'pods', 'replicationcontrollers'], verbs: ALL },
  { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] },
  { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] },
  { apiGroups: ['apps'], resources: ['daemonsets', 'deployments', 'replicasets', 'statefulsets'], verbs: ALL },
  { apiGroups: ['batch'], resources: ['cronjobs', 'jobs'], verbs: ALL },
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses', 'networkpolicies'], verbs: ALL },
];

/**
 * The roles that every cluster has and manifests do not repeat, as far as they give control of something.
 *
 * Source: Kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go (ClusterRoles).
 */
export const BUILT_IN_ROLES: ReadonlyMap<string, readonly PolicyRule[]> = new Map([
  ['cluster-admin', [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]],
  ['admin', [...EDIT, { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: ALL }]],
  ['edit', EDIT],
  ['view', []],
]);
