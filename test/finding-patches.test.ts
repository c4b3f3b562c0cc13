import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readText } from '../src/collect/read-text.ts';
import { observeFacts } from '../src/engine/observe.ts';
import { inputTexts } from '../src/engine/plan/input-texts.ts';
import { unedited } from '../src/engine/plan/edit-files.ts';
import { renderRemediation } from '../src/engine/plan/render-remediation.ts';
import { readInput } from '../src/engine/read-input.ts';
import { runRules } from '../src/findings/run-rules.ts';
import { nameOfManifest } from '../src/model/change/manifest.ts';
import type { Finding, Patch } from '../src/result/types.ts';
import { RULES } from '../src/rules/index.ts';
import { applyPatches } from './apply-patches.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const shared = ['kubeflow', 'istio'].map((name) => `../shared/corpus/${name}`);
const inputs = [
  'examples/payments',
  'examples/payments-hardened',
  ...globFiles('src/rules', /\.yaml$/),
  ...shared.filter((folder) => existsSync(path.join(root, folder))),
];

function globFiles(folder: string, wanted: RegExp): readonly string[] {
  const found = readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' });
  return found
    .filter((name) => wanted.test(name))
    .map((name) => path.posix.join(folder, name.replaceAll(path.sep, '/')))
    .sort();
}

async function findingsIn(input: string): Promise<readonly Finding[]> {
  const io = { cwd: root, stdin: async () => Buffer.alloc(0) };
  const named = [{ path: input }];
  const read = await readInput(named, {}, io);
  const render = renderRemediation(unedited(inputTexts(named, read.provenance.sources, io)));
  return runRules(RULES, observeFacts(read), render).findings;
}

const textOf = (file: string): string | undefined =>
  existsSync(path.join(root, file)) ? readFileSync(path.join(root, file), 'utf8') : undefined;

type Objects = ReadonlyMap<string, readonly unknown[]>;

/** By name; of several of the same name all, in order. */
function objectsOf(text: string, file: string): Objects {
  const { objects, diagnostics } = readText(text, file);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  const found = new Map<string, unknown[]>();
  for (const { value } of objects) {
    const name = nameOfManifest(value as Parameters<typeof nameOfManifest>[0]);
    found.set(name, [...(found.get(name) ?? []), value]);
  }
  return found;
}

const ORIGINALS = new Map<string, Objects>();

/** Files may be long, and findings many. */
function original(file: string, text: string): Objects {
  const known = ORIGINALS.get(file) ?? objectsOf(text, file);
  ORIGINALS.set(file, known);
  return known;
}

/** The objects that a patch names, and no others, are new, changed or gone once it is applied; the file can be read. */
function check({ file, kind, objects, diff }: Patch): void {
  const before = textOf(file);
  expect(kind, diff).toBe(before === undefined ? 'new' : 'edit');
  const after = applyPatches(before === undefined ? {} : { [file]: before }, [{ diff }])[file];
  const old = before === undefined ? new Map<string, readonly unknown[]>() : original(file, before);
  const fresh = objectsOf(after ?? '', file);
  const changed = [...new Set([...old.keys(), ...fresh.keys()])].filter(
    (name) => !isDeepStrictEqual(old.get(name), fresh.get(name)),
  );
  // Where the file names no namespace, the patch names the one that it goes to.
  const named = objects.map((name) => (old.has(name) || fresh.has(name) ? name : name.replace(/ [^/]+\//, ' ')));
  expect(changed.sort(), diff).toEqual([...named].sort());
}

describe('patches of findings, on the files of the input', () => {
  it.each(inputs)('%s: each applies, and changes the objects that it names', async (input) => {
    for (const finding of await findingsIn(input)) for (const patch of finding.remediation.patches) check(patch);
  });

  it('there are new objects and edits among them', async () => {
    const findings = await findingsIn('examples/payments');
    const patches = findings.flatMap(({ remediation }) => remediation.patches);
    expect(new Set(patches.map(({ kind }) => kind))).toEqual(new Set(['new', 'edit']));
    expect(patches.length).toBeGreaterThan(15);
  });
});
