import { createHash } from 'node:crypto';
import { describeDumpGap, describeGap } from './describe-gap.ts';
import type { Gathered } from './gather.ts';
import { scopeOf } from './scope-of.ts';
import { type ClusterSnapshot, objectsOf } from './snapshot.ts';

export interface NamedSnapshot {
  readonly snapshot: ClusterSnapshot;
  /** Where it came from, as the user gave it. */
  readonly source: string;
  /** As the user calls it; else it goes by the name of its context. */
  readonly cluster?: string;
}

/**
 * Adds what was read from clusters, and says what the input holds completely: of several clusters what all of them do. Undefined without
 * any cluster. A cluster has a name of its own only beside others, so that manifests can be applied to the only one.
 */
export function addSnapshots(
  gathered: Gathered,
  snapshots: readonly NamedSnapshot[],
  isNamed: boolean,
): readonly string[] | undefined {
  if (snapshots.length === 0) return undefined;
  const scopes: (readonly string[])[] = [];
  for (const { snapshot, source, cluster } of snapshots) {
    const { manifest, objects, observations = [] } = snapshot;
    const name = isNamed || snapshots.length > 1 ? (cluster ?? manifest.name) : '';
    for (const object of objectsOf(snapshot, name)) gathered.objects.push(object);
    scopes.push(scopeOf(snapshot, name));
    for (const gap of manifest.gaps)
      gathered.diagnostics.push({ severity: 'warning', file: manifest.name, line: 0, ...describeGap(gap) });
    for (const each of observations)
      gathered.observations.push({ ...each, file: `${manifest.name}: ${each.file}`, cluster: name });
    for (const gap of manifest.dumps?.gaps ?? [])
      gathered.diagnostics.push({ severity: 'warning', file: manifest.name, line: 0, ...describeDumpGap(gap) });
    const parts = manifest.dumps ? [...manifest.read, manifest.dumps] : manifest.read;
    const sha256 = createHash('sha256')
      .update(parts.map((part) => part.sha256).join('\n'))
      .digest('hex');
    gathered.sources.push({ name: source, kind: 'cluster', documents: objects.length, sha256 });
  }
  const words = new Set(scopes.flat());
  return [...words].filter((word) => word.startsWith('namespace:') || scopes.every((scope) => scope.includes(word)));
}
