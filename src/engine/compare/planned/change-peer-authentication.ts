import type { RawObject } from '../../../model/resource.ts';
import type { RawInput } from '../../read-input.ts';
import { type PlannedChange, wrong } from './planned-change.ts';
import { added, hasNamespace, isKind, metadataOf, unknownNamespace } from './raw-objects.ts';

/** The namespace-wide policy: the mode of the one that is there, or a new one. `mesh` is the root namespace. */
export function changePeerAuthentication(text: string, mode: string, place: string): PlannedChange {
  return {
    summary: `PeerAuthentication ${mode} in ${place}`,
    apply: (input) => {
      const namespace = place === 'mesh' ? rootOf(input) : place;
      if (place !== 'mesh' && !hasNamespace(input, place)) throw wrong(text, unknownNamespace(input, place));
      const isWide = (object: RawObject): boolean => {
        const spec = (object.value.spec ?? {}) as { readonly selector?: { readonly matchLabels?: object } };
        return (
          isKind(object, 'PeerAuthentication') &&
          metadataOf(object).namespace === namespace &&
          Object.keys(spec.selector?.matchLabels ?? {}).length === 0
        );
      };
      const found = input.objects.some(isWide);
      const changed = input.objects.map((object) =>
        isWide(object)
          ? { ...object, value: { ...object.value, spec: { ...(object.value.spec as object), mtls: { mode } } } }
          : object,
      );
      const fresh = added({
        apiVersion: 'security.istio.io/v1',
        kind: 'PeerAuthentication',
        metadata: { name: 'default', namespace },
        spec: { mtls: { mode } },
      });
      return { ...input, objects: found ? changed : [...changed, fresh] };
    },
  };
}

function rootOf({ objects }: RawInput): string {
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
