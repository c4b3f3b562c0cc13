import type { RawObject } from '../../../model/resource.ts';
import type { PlannedChange } from './planned-change.ts';
import { added, changeNamespace, isKind, metadataOf } from './raw-objects.ts';

/** The namespace-wide policy: the mode of the one that is there, or a new one. `mesh` is the root namespace. */
export function changePeerAuthentication(text: string, mode: string, place: string): PlannedChange {
  return {
    summary: `PeerAuthentication ${mode} in ${place}`,
    apply: (input) =>
      changeNamespace(text, input, place, (objects, name, cluster) => setMode(objects, { mode, name, cluster })),
  };
}

interface Wanted {
  readonly mode: string;
  readonly name: string;
  readonly cluster: string;
}

function setMode(objects: readonly RawObject[], { mode, name, cluster }: Wanted): readonly RawObject[] {
  const namespace = name === 'mesh' ? rootOf(objects) : name;
  const isWide = (object: RawObject): boolean => {
    const spec = (object.value.spec ?? {}) as { readonly selector?: { readonly matchLabels?: object } };
    return (
      isKind(object, 'PeerAuthentication') &&
      metadataOf(object).namespace === namespace &&
      Object.keys(spec.selector?.matchLabels ?? {}).length === 0
    );
  };
  const found = objects.some(isWide);
  const changed = objects.map((object) =>
    isWide(object)
      ? { ...object, value: { ...object.value, spec: { ...(object.value.spec as object), mtls: { mode } } } }
      : object,
  );
  const fresh = added(
    {
      apiVersion: 'security.istio.io/v1',
      kind: 'PeerAuthentication',
      metadata: { name: 'default', namespace },
      spec: { mtls: { mode } },
    },
    cluster,
  );
  return found ? changed : [...changed, fresh];
}

function rootOf(objects: readonly RawObject[]): string {
  for (const object of objects) {
    const { name, namespace } = metadataOf(object);
    if (!isKind(object, 'ConfigMap') || name === undefined || !/^istio(-|$)/.test(name)) continue;
    const mesh = (object.value.data as { readonly mesh?: string } | undefined)?.mesh;
    const root = mesh && /^\s*rootNamespace:\s*"?([\w-]+)"?\s*$/m.exec(mesh)?.[1];
    if (root) return root;
    if (mesh && namespace) return namespace;
  }
  return 'istio-system';
}
