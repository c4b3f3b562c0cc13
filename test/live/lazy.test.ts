import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { bootstrap } from '../../scripts/bootstrap.mjs';
import { root } from '../e2e/meshproof.ts';

const dist = join(root, 'dist');
beforeAll(() => bootstrap(root));

/** The files that a file of the package reads with it, itself included: `import()` is not followed. */
function readWith(file: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(file)) return found;
  found.add(file);
  const imports = /^(?:const [^;]*? = )?require\(["'](\.[^"']+\.cjs)["']\);$/gm;
  for (const [, next = ''] of readFileSync(join(dist, file), 'utf8').matchAll(imports))
    readWith(posix.join(posix.dirname(file), next), found);
  return found;
}

it('an audit of files reads neither the cluster client nor what packs bundles', () => {
  const chunks = readdirSync(join(dist, 'chunks'))
    .filter((name) => name.endsWith('.cjs'))
    .map((name) => `chunks/${name}`);
  const holding = (text: string) => chunks.filter((name) => readFileSync(join(dist, name), 'utf8').includes(text));
  const heavy = [...holding('class KubeConfig'), ...holding('Unexpected end of data')];
  expect(new Set(heavy).size).toBeGreaterThanOrEqual(2);
  const audit = chunks.filter((name) => /^chunks\/audit-/.test(name));
  expect(audit.length).toBeGreaterThan(0);
  const read = new Set(['cli.cjs', ...audit].flatMap((file) => [...readWith(file)]));
  expect(read.size).toBeGreaterThan(3);
  expect(heavy.filter((name) => read.has(name))).toEqual([]);
});
