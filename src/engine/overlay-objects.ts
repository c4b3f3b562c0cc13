import type { RawObject } from '../model/resource.ts';

interface Identity {
  readonly cluster: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

interface OverlayOptions {
  /** Take out what the base has and the input, which has other objects of that kind there, has not. */
  readonly prune: boolean;
  /** Of objects that name none. */
  readonly defaultNamespace: string;
}

/**
 * The objects of a base with those of an input in place of the ones of the same name, as `kubectl apply` would leave them. An object is the
 * same if cluster, API group, kind, namespace and name are.
 */
export function overlayObjects(
  base: readonly RawObject[],
  input: readonly RawObject[],
  { prune, defaultNamespace }: OverlayOptions,
): readonly RawObject[] {
  const identify = (object: RawObject): Identity => identityOf(object, defaultNamespace);
  const keyOf = ({ cluster, kind, namespace, name }: Identity): string =>
    `${placeOf({ cluster, kind, namespace })}\n${name}`;
  const replaced = new Set(input.map((object) => keyOf(identify(object))));
  const covered = new Set(input.map((object) => placeOf(identify(object))));
  const kept = base.filter((object) => {
    const identity = identify(object);
    return !replaced.has(keyOf(identity)) && !(prune && covered.has(placeOf(identity)));
  });
  return [...kept, ...input];
}

const placeOf = ({ cluster, kind, namespace }: Omit<Identity, 'name'>): string => [cluster, kind, namespace].join('\n');

function identityOf({ value, cluster }: RawObject, defaultNamespace: string): Identity {
  const { apiVersion, kind, metadata } = value as {
    readonly apiVersion?: unknown;
    readonly kind?: unknown;
    readonly metadata?: { readonly name?: unknown; readonly namespace?: unknown };
  };
  const version = String(apiVersion ?? '');
  const group = version.includes('/') ? version.slice(0, version.indexOf('/')) : '';
  return {
    cluster,
    kind: `${group}/${String(kind ?? '')}`,
    namespace: String(metadata?.namespace ?? defaultNamespace),
    name: String(metadata?.name ?? ''),
  };
}
