import { isMap, isScalar, parseDocument } from 'yaml';
import type { Change } from '../../model/change/change.ts';
import type { ConfigMap } from '../../model/k8s/config-map.ts';
import type { Resource } from '../../model/resource.ts';
import { setField } from '../changes.ts';

const MODE = ['outboundTrafficPolicy', 'mode'];
const WANTED = 'REGISTRY_ONLY';

/** REGISTRY_ONLY in a Sidecar, or in the mesh config that an object holds; nothing where its text cannot be changed in place. */
export function setOutboundMode(object: Resource): readonly Change[] {
  switch (object.kind) {
    case 'ConfigMap': {
      const text = withMode((object as ConfigMap).spec.data?.mesh ?? '');
      return text === undefined ? [] : [setField(object, ['data', 'mesh'], text)];
    }
    case 'SailIstio':
      return [setField(object, ['spec', 'values', 'meshConfig', ...MODE], WANTED)];
    case 'IstioOperator':
      return [setField(object, ['spec', 'meshConfig', ...MODE], WANTED)];
    default:
      return [setField(object, ['spec', ...MODE], WANTED)];
  }
}

/** A mesh config as text with the mode, the rest as it is written. */
function withMode(text: string): string | undefined {
  const document = parseDocument(text);
  const { contents } = document;
  if (document.errors.length > 0) return undefined;
  const mode = document.getIn(MODE, true);
  const after =
    isScalar(mode) && mode.range
      ? text.slice(0, mode.range[0]) + WANTED + text.slice(mode.range[1])
      : (contents === null || (isMap(contents) && !contents.flow)) && !document.has(MODE[0])
        ? `${text.trimEnd()}${text.trim() === '' ? '' : '\n'}outboundTrafficPolicy:\n  mode: ${WANTED}\n`
        : undefined;
  return after !== undefined && parseDocument(after).getIn(MODE) === WANTED ? after : undefined;
}
