import type { Resource } from '../model/resource.ts';
import type { By } from '../result/location.ts';
import type { Patch } from '../result/types.ts';
import type { Manifest } from '../model/change/manifest.ts';
import { yamlOf } from '../remediate/text/yaml-of.ts';

/** An object of the input as a manifest, with another `spec` or other annotations where given. */
export function manifestOf(
  resource: Resource,
  change: { readonly spec?: unknown; readonly annotations?: Resource['annotations'] } = {},
): Manifest {
  const { apiVersion, kind, name, namespace, labels } = resource;
  const { spec = resource.spec, annotations = resource.annotations } = change;
  const metadata = {
    name,
    ...(namespace ? { namespace } : {}),
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
  };
  return { apiVersion, kind, metadata, spec };
}

/** Replaces an object where it stands: the whole of it, so that what is left and added (blank and `+`) is ready to apply. */
export function changedObject(before: Resource, after: Manifest): Patch {
  const { origin, kind, namespace, name } = before;
  const old = yamlOf(manifestOf(before)).trimEnd().split('\n');
  const lines = yamlOf(after).trimEnd().split('\n');
  const file = origin.source;
  const what = `${kind} ${namespace ? `${namespace}/` : ''}${name}`;
  const start = Math.max(origin.line, 1);
  const head = `@@ -${start},${old.length} +${start},${lines.length} @@ ${what}`;
  return {
    file,
    kind: 'edit',
    diff: [`--- ${file}`, `+++ ${file}`, head, ...lineDiff(old, lines), ''].join('\n'),
    objects: [what],
  };
}

/** Takes an object out. */
export function removedObject(before: Resource): Patch {
  const { origin, kind, namespace, name } = before;
  const lines = yamlOf(manifestOf(before)).trimEnd().split('\n');
  const what = `${kind} ${namespace ? `${namespace}/` : ''}${name}`;
  const head = `@@ -${Math.max(origin.line, 1)},${lines.length} +0,0 @@ ${what}`;
  const diff = [`--- ${origin.source}`, '+++ /dev/null', head, ...lines.map((line) => `-${line}`), ''].join('\n');
  return { file: origin.source, kind: 'edit', diff, objects: [what] };
}

/** Lines to put under `path` of an object, or of a text inside it. */
export function addedLines(by: By, path: string, lines: readonly string[]): Patch {
  const { location, kind, namespace, name } = by;
  const what = `${kind} ${namespace ? `${namespace}/` : ''}${name}`;
  const file = 'file' in location ? location.file : what;
  const line = 'file' in location ? location.line : 1;
  const head = `@@ -${line},0 +${line},${lines.length} @@ ${path}`;
  const diff = [`--- ${file}`, `+++ ${file}`, head, ...lines.map((text) => `+${text}`), ''].join('\n');
  return { file, kind: 'edit', diff, objects: [what] };
}

/** The longest common subsequence, kept; objects are short. */
function lineDiff(before: readonly string[], after: readonly string[]): readonly string[] {
  const width = after.length + 1;
  const common = new Uint16Array((before.length + 1) * width);
  const at = (i: number, j: number): number => common[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      common[i * width + j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push(` ${before[i]}`);
      i++;
      j++;
    } else if (i < before.length && (j >= after.length || at(i + 1, j) >= at(i, j + 1))) lines.push(`-${before[i++]}`);
    else lines.push(`+${after[j++]}`);
  }
  return lines;
}
