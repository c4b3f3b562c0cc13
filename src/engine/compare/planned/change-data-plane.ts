import type { RawObject } from '../../../model/resource.ts';
import type { PlannedChange } from './planned-change.ts';
import { changeNamespace, isKind, metadataOf, relabelNamespace } from './raw-objects.ts';

/** Labels of the namespace that decide who captures its pods; pods that say otherwise keep their own. */
export function changeDataPlane(text: string, plane: string, place: string): PlannedChange {
  const labels: Record<string, string | undefined> = {
    'istio-injection': plane === 'sidecar' ? 'enabled' : undefined,
    'istio.io/rev': undefined,
    'istio.io/dataplane-mode': plane === 'ambient' ? 'ambient' : plane === 'none' ? 'none' : undefined,
  };
  return {
    summary: `data plane ${plane} in ${place}`,
    apply: (input) =>
      changeNamespace(text, input, place, (objects, namespace, cluster) =>
        relabelNamespace(objects, namespace, labels, cluster).map(withoutSidecar(namespace)),
      ),
  };
}

/** Running pods are taken as restarted: what they were injected with is forgotten. */
function withoutSidecar(namespace: string): (object: RawObject) => RawObject {
  return (object) => {
    const metadata = metadataOf(object);
    if (!isKind(object, 'Pod') || metadata.namespace !== namespace) return object;
    const {
      'sidecar.istio.io/status': _status,
      'ambient.istio.io/redirection': _redirection,
      ...annotations
    } = metadata.annotations ?? {};
    return { ...object, value: { ...object.value, metadata: { ...metadata, annotations } } };
  };
}
