import { isObject } from '../model/shape.ts';
import { namespaceKey } from '../model/inventory/types.ts';
import type { Gap } from './bundle/manifest.ts';
import type { ClusterSnapshot } from './snapshot.ts';

const isOf =
  (...names: readonly string[]) =>
  ({ group, resource }: Gap): boolean =>
    names.includes(group) || names.includes(group ? `${resource}.${group}` : resource);

const ROOT_POLICIES = isOf('security.istio.io');
const RBAC = isOf('rbac.authorization.k8s.io', 'serviceaccounts');
const MESH_CONFIG = isOf('configmaps', 'deployments.apps');
const GATEWAYS = isOf(
  'pods',
  'deployments.apps',
  'services',
  'networking.istio.io',
  'gateway.networking.k8s.io',
  'ingresses.networking.k8s.io',
);
const NETWORK_POLICIES = ({ group, resource }: Gap): boolean =>
  /policies$|egressfirewalls/.test(resource) && group !== 'security.istio.io' && group !== 'gateway.networking.k8s.io';
/** What one may know a namespace completely without. */
const BESIDE_NAMESPACES = isOf('rbac.authorization.k8s.io', 'endpointslices.discovery.k8s.io', 'nodes', 'configmaps');

/**
 * What a collection holds completely, as `scope.complete` of meshproof.yaml says it (method.md, rule 3): whatever was asked for and could
 * be read, or is not there. `cluster` is empty where the mesh has but one.
 */
export function scopeOf({ manifest, objects }: ClusterSnapshot, cluster: string): readonly string[] {
  const { gaps, namespaces, systemNamespaces } = manifest;
  const isLimited = namespaces !== undefined;
  const seesRoot = !isLimited || systemNamespaces.every((name) => namespaces.includes(name));
  const without = (matches: (gap: Gap) => boolean): boolean => !gaps.some(matches);
  const words: readonly (readonly [word: string, holds: boolean])[] = [
    ['all', !isLimited && gaps.length === 0],
    ['mesh-config', without(MESH_CONFIG)],
    ['root-policies', seesRoot && without(ROOT_POLICIES)],
    ['network-policies', !isLimited && without(NETWORK_POLICIES)],
    ['rbac', !isLimited && without(RBAC)],
    ['gateways', !isLimited && without(GATEWAYS)],
  ];
  const known = namespaces ?? namesOfNamespaces(objects);
  const complete = known.filter(
    (name) => !gaps.some((gap) => !BESIDE_NAMESPACES(gap) && (gap.namespace === undefined || gap.namespace === name)),
  );
  return [
    ...words.flatMap(([word, holds]) => (holds ? [word] : [])),
    ...complete.map((name) => `namespace:${namespaceKey(cluster, name)}`),
  ];
}

function namesOfNamespaces(objects: ClusterSnapshot['objects']): readonly string[] {
  return objects.flatMap(({ apiVersion, kind, metadata }) =>
    apiVersion === 'v1' && kind === 'Namespace' && isObject(metadata) ? [String(metadata.name)] : [],
  );
}
