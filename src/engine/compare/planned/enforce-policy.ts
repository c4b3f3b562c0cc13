import { namespaceKey } from '../../../model/inventory/types.ts';
import type { RawObject } from '../../../model/resource.ts';
import { type PlannedChange, wrong } from './planned-change.ts';
import { isKind, metadataOf } from './raw-objects.ts';

/** Takes the dry-run mark off a policy. */
export function enforcePolicy(text: string, id: string): PlannedChange {
  const isDry = (object: RawObject): boolean => {
    const { name, namespace, annotations } = metadataOf(object);
    return (
      isKind(object, 'AuthorizationPolicy') &&
      [`${namespace}/${name}`, `${namespaceKey(object.cluster, namespace ?? '')}/${name}`].includes(id) &&
      annotations?.['istio.io/dry-run'] !== undefined
    );
  };
  return {
    summary: `AuthorizationPolicy ${id} enforced`,
    apply: (input) => {
      if (!input.objects.some(isDry))
        throw wrong(
          text,
          `there is no AuthorizationPolicy \`${id}\` with the annotation istio.io/dry-run in the input`,
        );
      const objects = input.objects.map((object) => {
        if (!isDry(object)) return object;
        const metadata = metadataOf(object);
        const { 'istio.io/dry-run': _dryRun, ...annotations } = metadata.annotations ?? {};
        return { ...object, value: { ...object.value, metadata: { ...metadata, annotations } } };
      });
      return { ...input, objects };
    },
  };
}
