import type { Mesh } from '../model/inventory/types.ts';
import type { Resource } from '../model/resource.ts';
import type { Resources } from '../model/resources.ts';
import { Enforcement } from '../semantics/enforcement.ts';
import { type Change, objectOfChange } from '../model/change/change.ts';
import { changedResource } from './changed-resource.ts';
import { overlayResources } from './overlay-resources.ts';
import { isAtHome, rebuildNamespaces } from './rebuild-namespaces.ts';
import type { Rebuild } from './rebuild.ts';
import { withResources } from './with-resources.ts';

/** The mesh after changes, or why the API server would not take one of them. */
export type Applied = { readonly enforcement: Enforcement } | { readonly refused: string };

/** Kinds by which a proxy decides and nothing else, and those that no proxy reads: all else of the enforcement holds as it is. */
const KEEPS_ENFORCEMENT: readonly string[] = [
  'AuthorizationPolicy',
  'PeerAuthentication',
  'RequestAuthentication',
  'Role',
  'RoleBinding',
  'ClusterRole',
  'ClusterRoleBinding',
];

/** Kinds that leave the inventory the same but for what it assumes (a test holds this against `buildMesh`). */
export const KEEPS_INVENTORY: readonly string[] = [
  ...KEEPS_ENFORCEMENT,
  'NetworkPolicy',
  'VirtualService',
  'DestinationRule',
];

/**
 * What the mesh enforces after changes. Nothing is applied to `enforcement`: what did not change is shared. Changes are made in order, each
 * on what the ones before left; however many they are, the inventory is made again at most once, of the namespaces that they are in where
 * that does, and not at all where all of them are of kinds that it does not look at. An edit or removal names the object as it was read, or as an earlier result of this function has it.
 */
export function applyChanges(enforcement: Enforcement, changes: readonly Change[], rebuild: Rebuild): Applied {
  const { mesh } = enforcement;
  const after = new Map<string, Resource | undefined>();
  for (const change of changes) {
    const made = changedResource(change, (resource) => currentOf(mesh.resources, after, resource));
    if ('refused' in made) return made;
    after.set(keyOf(made.resource), change.kind === 'remove' ? undefined : made.resource);
  }
  const kinds = [...new Set([...after.keys()].map(kindIn))];
  const resources = overlayResources(mesh.resources, after, keyOf);
  const keeps = (kept: readonly string[]): boolean => kinds.every((kind) => kept.includes(kind));
  if (!keeps(KEEPS_INVENTORY)) {
    const others = [...after].filter(([key]) => !KEEPS_INVENTORY.includes(kindIn(key)));
    const homes = new Set(others.map(([key]) => homeIn(key)));
    const isSmall = isAtHome(mesh, [...new Set(others.map(([key]) => kindIn(key)))], homes);
    return {
      enforcement: new Enforcement(isSmall ? rebuildNamespaces(mesh, resources, homes, rebuild) : rebuild(resources)),
    };
  }
  const changed = withResources(mesh, resources);
  return { enforcement: new Enforcement(changed, keeps(KEEPS_ENFORCEMENT) ? enforcement : undefined) };
}

function currentOf(
  resources: Resources,
  after: ReadonlyMap<string, Resource | undefined>,
  resource: Resource,
): Resource | undefined {
  const key = keyOf(resource);
  if (after.has(key)) return after.get(key);
  return resources.find(
    resource.kind as Parameters<Resources['find']>[0],
    resource.namespace,
    resource.name,
    resource.cluster,
  );
}

/** Whether changes leave the inventory of all namespaces but their own as it is. */
export function keepsOthers(mesh: Mesh, changes: readonly Change[]): boolean {
  const others = changes.map(objectOfChange).filter(({ kind }) => !KEEPS_INVENTORY.includes(kind));
  const homes = new Set(others.map(({ kind, namespace, name }) => (kind === 'Namespace' ? name : namespace)));
  return isAtHome(mesh, [...new Set(others.map(({ kind }) => kind))], homes);
}

const kindIn = (key: string): string => key.slice(0, key.indexOf('\n'));

/** The namespace of an object; of a Namespace its own name. */
function homeIn(key: string): string {
  const [kind, , namespace = '', name = ''] = key.split('\n');
  return kind === 'Namespace' ? name : namespace;
}

const keyOf = ({ kind, cluster, namespace, name }: Resource): string => [kind, cluster, namespace, name].join('\n');
