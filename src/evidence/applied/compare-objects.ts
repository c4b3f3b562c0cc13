import { decodeObjects } from '../../model/decode.ts';
import type { Mesh } from '../../model/inventory/types.ts';
import { COMPARED_KINDS, type HeldObjects } from '../../model/observation/held-objects.ts';
import type { Resource } from '../../model/resource.ts';
import type { Applied, ObjectDrift } from '../evidence.ts';
import type { IsRecent } from '../looked-into.ts';
import { differingFields } from './differing-fields.ts';

const DRY_RUN = 'istio.io/dry-run';

/**
 * Holds the objects that istiod has against those of the input: by kind, namespace and name, and then by what they say. Both are read by the
 * same decoders, so that what only the server sets, or what nothing reads, is no difference. What several istiods or pages say alike is said once.
 */
export function compareObjects(mesh: Mesh, held: readonly HeldObjects[], isRecent: IsRecent): Applied {
  const drifts = new Map<string, ObjectDrift>();
  const same = new Set<Resource>();
  const add = (drift: ObjectDrift): void => {
    const { kind, name, namespace, cluster } = drift.object;
    const key = JSON.stringify([drift.kind, kind, namespace, name, cluster, drift.fields]);
    if (!drifts.has(key)) drifts.set(key, drift);
  };
  for (const document of held) {
    const { cluster, file, at } = document;
    const origin = { source: file, line: 1, locate: () => ({ file, line: 1, column: 1 }) };
    const { resources } = decodeObjects(document.objects.map((value) => ({ value, origin, cluster })));
    const seen = { file, ...(at === undefined ? {} : { at }), isOld: !isRecent(document) };
    for (const kind of COMPARED_KINDS) {
      if (document.only !== undefined && document.only !== kind) continue;
      for (const own of mesh.resources.of(kind)) {
        if (cluster !== '' && own.cluster !== cluster) continue;
        const there = resources.find(kind, own.namespace, own.name, cluster);
        if (there) {
          const { fields, unknown } = differingFields(kind, own.spec, there.spec);
          if ((own.annotations[DRY_RUN] ?? 'false') !== (there.annotations[DRY_RUN] ?? 'false'))
            fields.push(`metadata.annotations["${DRY_RUN}"]`);
          if (fields.length > 0) add({ kind: 'different', object: own, own, fields: fields.sort(), seen });
          else if (unknown.length === 0) same.add(own);
        } else if (own.labels['istio.io/rev'] === undefined) {
          add({ kind: 'missing', object: own, own, fields: [], seen });
        }
      }
      for (const there of resources.of(kind)) {
        const isKnown = mesh.resources
          .inNamespace(kind, there.namespace, cluster)
          .some(({ name }) => name === there.name);
        if (!isKnown && isInScope(mesh, there.namespace)) add({ kind: 'extra', object: there, fields: [], seen });
      }
    }
  }
  const drifted = new Set([...drifts.values()].map(({ own }) => own));
  return { drifts: [...drifts.values()], same: [...same].filter((own) => !drifted.has(own)) };
}

/** What the input does not claim to know whole may have more in it. */
const isInScope = ({ scope }: Mesh, namespace: string): boolean =>
  scope.complete.has('all') || scope.complete.has(`namespace:${namespace}`) || scope.namespaces.has(namespace);
