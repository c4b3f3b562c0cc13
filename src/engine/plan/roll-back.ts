import { groupBy } from '../../util/group-by.ts';
import { kubectl } from './kubectl.ts';
import type { Change } from '../../model/change/change.ts';
import { writtenForm } from '../../remediate/changed-resource.ts';
import type { Manifest } from '../../model/change/manifest.ts';

/** How to get back to exactly what was: the objects that were edited from their files, and the new ones away. */
export function rollBackOf(changes: readonly Change[]): string {
  const restored = changes.filter((change) => change.kind !== 'add');
  const byCluster = groupBy(restored, ({ resource }) => resource.cluster);
  const applied = [...byCluster].map(([cluster, own]) => {
    const files = [...new Set(own.map(({ resource }) => resource.origin.source))].sort();
    return `${kubectl(cluster)} apply ${files.map((file) => `-f ${file}`).join(' ')}`;
  });
  const added = changes.flatMap((change) => (change.kind === 'add' ? [change] : []));
  // What was edited admitted more: it comes first, so that nobody is refused on the way back. Of new objects the last goes first.
  return [
    ...(applied.length > 0
      ? [
          `take the patch back (patch -R -p0) and ${applied.join('; ')}, which restores ${restored.map(({ resource }) => nameOf(writtenForm(resource) as Manifest)).join(', ')}`,
        ]
      : []),
    ...(added.length > 0 ? [`${added.toReversed().map(deletion).join('; ')}, and take their files out`] : []),
  ].join('; then ');
}

const deletion = ({
  manifest: {
    kind,
    metadata: { name, namespace },
  },
  beside: { cluster },
}: Extract<Change, { readonly kind: 'add' }>): string =>
  `${kubectl(cluster)} delete ${kind.toLowerCase()} ${name}${namespace ? ` -n ${namespace}` : ''}`;

const nameOf = ({ kind, metadata: { name, namespace } }: Manifest): string =>
  `${kind} ${namespace ? `${namespace}/` : ''}${name}`;
