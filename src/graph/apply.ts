import type { Mesh } from '../model/inventory/types.ts';
import type { KindName } from '../model/kinds.ts';
import type { Resource } from '../model/resource.ts';
import type { Resources } from '../model/resources.ts';
import { Enforcement } from '../semantics/enforcement.ts';

/** Objects to put into the mesh, in place of those of the same name, and objects to take out. */
export interface PolicyChange {
  readonly add?: readonly Resource[];
  readonly remove?: readonly Resource[];
}

/** Kinds by which proxies and the network decide; a change of anything else needs a new inventory. */
const SECURITY_KINDS: ReadonlySet<string> = new Set([
  'AuthorizationPolicy',
  'PeerAuthentication',
  'RequestAuthentication',
  'NetworkPolicy',
  'EnvoyFilter',
  'WasmPlugin',
  'TrafficExtension',
]);
const NETWORK_KIND = 'NetworkPolicy';
const PATCH_KINDS: ReadonlySet<string> = new Set(['EnvoyFilter', 'WasmPlugin', 'TrafficExtension']);

/**
 * What the same mesh enforces once security policies changed. Nothing is applied: the objects of the input stay as they are, and their
 * changed set lies over them.
 *
 * With `namespaces`, only their policies and the root namespace's are looked at, so that asking about a few workloads costs no more in a
 * large mesh; workloads of other namespaces (and waypoints there) must not be asked about. Throws a RangeError for kinds that this cannot
 * change.
 */
export function withPolicies(
  enforcement: Enforcement,
  change: PolicyChange,
  namespaces?: Iterable<string>,
): Enforcement {
  const { mesh, rootNamespace } = enforcement;
  const wanted = namespaces && new Set([...namespaces, rootNamespace]);
  const resources = overlay(mesh.resources, change, wanted);
  const changed: Mesh = { ...mesh, resources };
  const kinds = [...(change.add ?? []), ...(change.remove ?? [])].map(({ kind }) => kind);
  return new Enforcement(changed, enforcement, {
    patched: kinds.some((kind) => PATCH_KINDS.has(kind)),
    isolated: kinds.includes(NETWORK_KIND),
  });
}

function overlay(
  base: Resources,
  { add = [], remove = [] }: PolicyChange,
  wanted: ReadonlySet<string> | undefined,
): Resources {
  for (const { kind, namespace, name } of [...add, ...remove]) {
    if (!SECURITY_KINDS.has(kind)) throw new RangeError(`${kind} ${namespace}/${name} is no security policy`);
  }
  const gone = new Set([...add, ...remove].map(keyOf));
  const lists = new Map<string, readonly Resource[]>();
  const listOf = (kind: KindName): readonly Resource[] => {
    if (!SECURITY_KINDS.has(kind)) return base.of(kind);
    let list = lists.get(kind);
    if (!list) {
      const kept =
        wanted && kind !== NETWORK_KIND
          ? [...wanted].sort().flatMap((namespace) => base.inNamespace(kind, namespace))
          : base.of(kind);
      list = [
        ...kept.filter((resource) => !gone.has(keyOf(resource))),
        ...add.filter((resource) => resource.kind === kind),
      ];
      lists.set(kind, list);
    }
    return list;
  };
  // The catalogue ties a kind to its type; what was added has the kind it says.
  return {
    ...base,
    of: listOf,
    inNamespace: (kind: KindName, namespace: string, cluster?: string) =>
      listOf(kind).filter(
        (resource) => resource.namespace === namespace && (cluster === undefined || resource.cluster === cluster),
      ),
    find: (kind: KindName, namespace: string, name: string, cluster?: string) =>
      SECURITY_KINDS.has(kind)
        ? listOf(kind).find(
            (resource) =>
              resource.namespace === namespace &&
              resource.name === name &&
              (cluster === undefined || resource.cluster === cluster),
          )
        : base.find(kind, namespace, name, cluster),
  } as Resources;
}

const keyOf = ({ cluster, kind, namespace, name }: Resource): string => `${cluster}\n${kind}\n${namespace}\n${name}`;
