import { dump, loadAll } from 'js-yaml';
import type { Patch } from '../src/result/types.ts';

interface Written {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** The objects that a patch leaves behind, for patches that hold whole objects; throws where the text is no YAML. */
export function objectsOf(patch: Patch): readonly Written[] {
  const lines = bodyOf(patch).filter((line) => !line.startsWith('-'));
  return loadAll(lines.map((line) => line.slice(1)).join('\n')) as unknown as readonly Written[];
}

/**
 * A mesh after its patches: new and changed objects take the place of those of the same name, objects that are taken out go. A patch that
 * changes one value, or adds lines, is no whole object: it is applied to the text at the line that it names.
 */
export function applyPatches(text: string, patches: readonly Patch[]): string {
  const edited = patches.filter((patch) => !isWhole(patch)).reduce(editText, text);
  const objects = new Map(
    (loadAll(edited) as unknown as readonly Written[]).filter(Boolean).map((each) => [keyOf(each), each]),
  );
  for (const patch of patches.filter(isWhole)) {
    for (const name of patch.objects) objects.delete(name);
    for (const object of objectsOf(patch)) objects.set(keyOf(object), object);
  }
  return [...objects.values()].map((object) => dump(object)).join('---\n');
}

const keyOf = ({ kind, metadata: { name, namespace } }: Written): string =>
  `${kind} ${namespace ? `${namespace}/` : ''}${name}`;

const bodyOf = ({ diff }: Patch): readonly string[] => diff.split('\n').slice(3, -1);

const isWhole = (patch: Patch): boolean => patch.kind === 'new' || /^[ +-]apiVersion: /m.test(patch.diff);

function editText(text: string, patch: Patch): string {
  const lines = text.split('\n');
  const at = Number(/^@@ -(\d+)/m.exec(patch.diff)?.[1]) - 1;
  const body = bodyOf(patch);
  const removed = body.filter((line) => line.startsWith('-')).map((line) => line.slice(1));
  const added = body.filter((line) => line.startsWith('+')).map((line) => line.slice(1));
  if (removed.length === 0) {
    // Below the key that the path ends with, at the depth of what is there.
    const key = /^@@ .* @@ (?:.*\.)?(\S+)$/m.exec(patch.diff)?.[1] ?? '';
    const below = lines.findIndex((line, i) => i >= at && line.trimStart().startsWith(`${key}:`)) + 1;
    const depth = /^ */.exec(lines[below] ?? '')?.[0] ?? '';
    lines.splice(below, 0, ...added.map((line) => depth + line));
    return lines.join('\n');
  }
  const [before = '', after = ''] = [removed[0], added[0]];
  const found = lines.findIndex((line, i) => i >= at && line.includes(before));
  if (found < 0) throw new Error(`nothing to change: ${patch.diff}`);
  lines[found] = (lines[found] ?? '').replace(before, after);
  return lines.join('\n');
}
