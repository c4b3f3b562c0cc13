import type { Change } from '../../model/change/change.ts';
import { changedResource, writtenForm } from '../../remediate/changed-resource.ts';
import type { Containment } from '../../result/containment.ts';
import type { Manifest } from '../../model/change/manifest.ts';
import { yamlOf } from '../../remediate/text/yaml-of.ts';
import { kubectl } from '../plan/kubectl.ts';

type Described = Containment['objects'][number];

/** Changes as whole objects, to be applied without the files that they come from. */
export const objectsOf = (changes: readonly Change[]): readonly Described[] => changes.map(describe);

function describe(change: Change): Described {
  if (change.kind === 'add') {
    const { manifest, beside } = change;
    return {
      ...headOf(manifest, beside.cluster),
      how: 'new',
      why: WHY[manifest.kind] ?? '',
      manifest: yamlOf(manifest),
    };
  }
  const { resource } = change;
  const before = yamlOf(shown(writtenForm(resource) as Manifest));
  const head = headOf(writtenForm(resource) as Manifest, resource.cluster);
  if (change.kind === 'remove') return { ...head, how: 'removed', why: WHY.Binding ?? '', manifest: before, before };
  const made = changedResource(change, (current) => current);
  const manifest = 'refused' in made ? before : yamlOf(shown(writtenForm(made.resource) as Manifest));
  const why =
    resource.kind === 'NetworkPolicy'
      ? 'no longer selects its pods, so that what it admits does not count for them'
      : WHY.Binding;
  return { ...head, how: 'edited', why: why ?? '', manifest, before };
}

const WHY: Readonly<Record<string, string>> = {
  AuthorizationPolicy: 'refuses its identity, wherever it is used from',
  NetworkPolicy: 'stops what its pods send and get, with or without an identity',
  Binding: 'takes the rights of its service account at the API server',
};

const headOf = ({ kind, metadata }: Manifest, cluster: string): Omit<Described, 'how' | 'why' | 'manifest'> => ({
  kind,
  namespace: metadata.namespace ?? '',
  name: metadata.name,
  ...(cluster ? { cluster } : {}),
});

/** Without fields that hold nothing, and without what the API server sets. */
function shown(manifest: Manifest): Manifest {
  const metadata = Object.entries(manifest.metadata).filter(
    ([key, value]) =>
      key !== 'resourceVersion' &&
      key !== 'creationTimestamp' &&
      (typeof value !== 'object' || Object.keys(value as object).length > 0),
  );
  return { ...manifest, metadata: Object.fromEntries(metadata) as Manifest['metadata'] };
}

/** `kubectl` for each object, by the names of the files that `--out` writes. */
export function toApply(changes: readonly Change[]): readonly string[] {
  return objectsOf(changes).map((object, index) =>
    object.how === 'removed'
      ? `${kubectl(object.cluster)} delete ${nameOf(object)}`
      : `${kubectl(object.cluster)} apply -f ${fileOf(object, index)}`,
  );
}

/** The way back, the last first: new objects away, others as they were. */
export function toRollBack(changes: readonly Change[]): readonly string[] {
  return objectsOf(changes)
    .map((object, index) =>
      object.how === 'new'
        ? `${kubectl(object.cluster)} delete ${nameOf(object)}`
        : // What was taken away is made again; what was edited gets its subjects back.
          `${kubectl(object.cluster)} apply -f rollback/${fileOf(object, index)}`,
    )
    .toReversed();
}

const nameOf = ({ kind, namespace, name }: Described): string =>
  `${kind.toLowerCase()} ${name}${namespace ? ` -n ${namespace}` : ''}`;

export const fileOf = ({ kind, namespace, name, cluster }: Described, index: number): string =>
  `${String(index + 1).padStart(2, '0')}-${[cluster, kind.toLowerCase(), namespace, name]
    .filter(Boolean)
    .join('-')
    .replace(/[^\w.-]+/g, '-')}.yaml`;
