import { decodeObjects } from '../model/decode.ts';
import type { KindDefinition } from '../model/kind.ts';
import { KINDS } from '../model/kinds.ts';
import type { Origin, RawObject, Resource } from '../model/resource.ts';
import { applyEdits } from './apply-edits.ts';
import type { Change } from '../model/change/change.ts';

const DEFINITIONS: ReadonlyMap<string, KindDefinition> = new Map(
  KINDS.map((definition: KindDefinition) => [definition.name, definition]),
);

/**
 * The object that a change leaves (or takes out), decoded as the input is, so that it holds what the API server would make of it.
 * `currentOf` gives what an object has become by the changes before.
 */
export function changedResource(
  change: Change,
  currentOf: (resource: Resource) => Resource | undefined,
): { readonly resource: Resource } | { readonly refused: string } {
  if (change.kind === 'add') {
    const { manifest, beside } = change;
    return decode({ value: manifest, cluster: beside.cluster, origin: planned(beside.origin) });
  }
  const current = currentOf(change.resource);
  if (!current) return { refused: `${nameOf(change.resource)} is not there any more` };
  if (change.kind === 'remove') return { resource: current };
  try {
    const value = applyEdits(writtenForm(current), change.edits) as RawObject['value'];
    return decode({ value, cluster: current.cluster, origin: current.origin });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { refused: `${nameOf(current)}: ${error.message}` };
  }
}

function decode(object: RawObject): { readonly resource: Resource } | { readonly refused: string } {
  const { resources, diagnostics } = decodeObjects([object]);
  for (const { name } of KINDS) {
    const [resource] = resources.of(name);
    if (resource) return { resource };
  }
  const { kind, apiVersion } = object.value;
  const [reason] = diagnostics;
  return { refused: reason?.message ?? `\`${String(kind)}\` of \`${String(apiVersion)}\` is no kind of the model` };
}

/**
 * A decoded object in the form in which it is written, as far as it was decoded: `spec` mirrors what was read, or is the whole object.
 * Decoding it again gives the same (a test holds this for all kinds).
 */
export function writtenForm(resource: Resource): RawObject['value'] {
  const { apiVersion, kind, spec, status } = resource;
  const definition = DEFINITIONS.get(kind);
  const { name, namespace, labels, annotations, creationTimestamp, resourceVersion, ownerReferences } = resource;
  const head = {
    apiVersion,
    kind: definition?.kind ?? kind,
    metadata: {
      name,
      ...(namespace ? { namespace } : {}),
      labels,
      annotations,
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ownerReferences,
    },
  };
  const end = status === undefined ? {} : { status };
  return definition?.reads === 'object' ? { ...(spec as object), ...head, ...end } : { ...head, spec, ...end };
}

/** A new object has no place yet; what names it names the file beside which it goes. */
function planned({ source }: Origin): Origin {
  const place = { file: `${source} (new)`, line: 1, column: 1 };
  return { source: place.file, line: 1, locate: () => place };
}

const nameOf = ({ kind, namespace, name }: Resource): string => `${kind} ${namespace ? `${namespace}/` : ''}${name}`;
