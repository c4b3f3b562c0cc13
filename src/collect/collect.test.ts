import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Collected, collect, InputError } from './collect.ts';
import type { Limits } from './limits.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(path.join(tmpdir(), 'collect-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

function write(files: Readonly<Record<string, string | Buffer>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(cwd, name)), { recursive: true });
    writeFileSync(path.join(cwd, name), content);
  }
}

const object = (name: string) => `apiVersion: v1\nkind: A\nmetadata:\n  name: ${name}\n`;

function run(inputs: readonly string[], stdin = '', limits: Partial<Limits> = {}): Promise<Collected> {
  const specs = inputs.map((input) => ({ path: input }));
  return collect(specs, { cwd, stdin: () => Promise.resolve(Buffer.from(stdin)), limits });
}

async function fail(...args: Parameters<typeof run>): Promise<InputError> {
  const error = await run(...args).catch((caught: unknown) => caught);
  if (!(error instanceof InputError)) throw new Error(`expected an InputError, got ${String(error)}`);
  return error;
}

const names = ({ objects }: Collected) => objects.map(({ value }) => (value.metadata as { name: string }).name);
const notes = ({ diagnostics }: Pick<Collected, 'diagnostics'>) =>
  diagnostics.map(({ severity, file, line, message }) => `${severity} ${file}:${line} ${message}`);

describe('collect', () => {
  it('reads a folder, sorted, with the folders in it', async () => {
    write({
      'in/b.yaml': object('b'),
      'in/a.yml': object('a'),
      'in/c.json': '{"apiVersion":"v1","kind":"A","metadata":{"name":"c"}}',
      'in/B/x.YAML': object('x'),
      'in/readme.md': '# no',
      'in/node_modules/m.yaml': object('m'),
      'in/.git/g.yaml': object('g'),
    });
    const collected = await run(['in']);
    expect(names(collected)).toEqual(['x', 'a', 'b', 'c']);
    expect(collected.diagnostics).toEqual([]);
    expect(collected.objects[1]?.origin.source).toBe(path.join('in', 'a.yml'));
    expect(collected.sources[2]).toEqual({
      name: path.join('in', 'b.yaml'),
      kind: 'manifests',
      documents: 1,
      sha256: createHash('sha256').update(object('b')).digest('hex'),
    });
  });

  it('reads a named file whatever its name, stdin, and absolute paths, in the order given', async () => {
    write({ manifest: object('m'), 'a.yaml': object('a') });
    const collected = await run(['manifest', '-', path.join(cwd, 'a.yaml')], object('s'));
    expect(names(collected)).toEqual(['m', 's', 'a']);
    expect(collected.sources.map(({ name }) => name)).toEqual(['manifest', '<stdin>', path.join(cwd, 'a.yaml')]);
  });

  it('reads each file once, however often and under whatever name it is given', async () => {
    write({ 'in/a.yaml': object('a'), 'in/b.yaml': object('b') });
    symlinkSync('in', path.join(cwd, 'link'));
    expect(names(await run(['in/b.yaml', 'in', './in/../in', 'link', '-', '-'], object('s')))).toEqual(['b', 'a', 's']);
  });

  it('follows symlinks that stay inside the folder, once, and no others', async () => {
    write({ 'in/real/a.yaml': object('a'), 'out/secret.yaml': object('secret'), 'in2/x.yaml': object('x') });
    symlinkSync('real', path.join(cwd, 'in/again'));
    symlinkSync('..', path.join(cwd, 'in/real/up'));
    symlinkSync('real/a.yaml', path.join(cwd, 'in/z.yaml'));
    symlinkSync('../out', path.join(cwd, 'in/out'));
    symlinkSync('../in2', path.join(cwd, 'in/sibling'));
    symlinkSync('../out/secret.yaml', path.join(cwd, 'in/secret.yaml'));
    symlinkSync('nowhere', path.join(cwd, 'in/dangling.yaml'));
    symlinkSync('loop.yaml', path.join(cwd, 'in/loop.yaml'));
    const collected = await run(['in']);
    expect(names(collected)).toEqual(['a']);
    expect(notes(collected)).toEqual([
      'warning in/dangling.yaml:0 the symlink leads nowhere',
      'warning in/loop.yaml:0 the symlink leads nowhere',
      'warning in/out:0 the symlink leads out of the folder and is not followed',
      'warning in/secret.yaml:0 the symlink leads out of the folder and is not followed',
      'warning in/sibling:0 the symlink leads out of the folder and is not followed',
    ]);
  });

  it('passes over files of other programs in folders, not when they are named', async () => {
    write({
      'in/a.yaml': object('a'),
      'in/package.json': '{"name": "x"}',
      'in/values.yaml': 'a: 1\n',
      'in/broken.yaml': 'a: [\n',
      'in/template.yaml': '{{ if }}\n',
      'in/list.json': '[1, 2]',
      'in/empty.yaml': '',
    });
    const collected = await run(['in']);
    expect(notes(collected)).toEqual([]);
    expect(collected.sources).toHaveLength(1);
    const named = await run(['in', 'in/package.json', 'in/empty.yaml'].reverse());
    expect(notes(named)).toEqual([
      'error in/empty.yaml:1 no Kubernetes object: expected `apiVersion`, `kind` and `metadata`',
      'error in/package.json:1 the document has no `apiVersion`: every Kubernetes object needs one',
    ]);
  });

  it('reports what is broken in files that were meant as manifests', async () => {
    write({ 'in/a.yaml': object('a'), 'in/b.yaml': `${object('b')}  x: [\n`, 'in/c.yaml': `${object('{{ .x }}')}` });
    expect(notes(await run(['in']))).toEqual([
      'error in/b.yaml:6 not valid YAML: a bracket is never closed: expected `]` or `}`',
      'error in/c.yaml:4 an unrendered template: expected values',
    ]);
  });

  it('leaves out the templates of a Helm chart and says how to render it', async () => {
    write({
      'in/Chart.yaml': 'apiVersion: v2\nname: c\n',
      'in/values.yaml': 'apiVersion: x\nkind: y\n',
      'in/values-prod.yaml': 'apiVersion: x\nkind: y\n',
      'in/templates/a.yaml': object('{{ .x }}'),
      'in/charts/sub/Chart.yaml': 'apiVersion: v2\nname: d\n',
      'in/charts/sub/templates/b.yaml': object('b'),
      'in/crds/c.yaml': object('c'),
      'in/extra.yaml': object('e'),
    });
    const collected = await run(['in']);
    expect(names(collected)).toEqual(['c', 'e']);
    expect(notes(collected)).toEqual([
      'info in/Chart.yaml:0 a Helm chart: its templates and values are no manifests and are not read',
    ]);
    expect(collected.diagnostics[0]?.help).toContain('helm template');
    const named = await fail(['in/Chart.yaml', 'in/values.yaml']);
    expect(named.diagnostics.map(({ file }) => file)).toContain('in/Chart.yaml');
  });

  it('reads the folder of a kustomization as it is, without patches, and says so', async () => {
    write({
      'in/overlay/kustomization.yaml':
        'resources: [../base]\npatches:\n- path: p.yaml\n- patch: "- op: x"\npatchesStrategicMerge: [../base/q.yaml, "a: |\\n  b"]\n',
      'in/overlay/p.yaml': object('patch'),
      'in/base/kustomization.yml': 'resources: [a.yaml]\n',
      'in/base/a.yaml': object('a'),
      'in/base/q.yaml': object('patch-too'),
    });
    const collected = await run(['in']);
    expect(names(collected)).toEqual(['a']);
    expect(notes(collected).map((note) => note.slice(0, 60))).toEqual([
      'info in/base/kustomization.yml:0 a kustomization: the files ',
      'info in/overlay/kustomization.yaml:0 a kustomization: the fi',
    ]);
  });

  it('says what bytes are that are no text', async () => {
    write({
      'ok.yaml': object('a'),
      'a.yaml': gzipSync(object('a')),
      'b.yaml': Buffer.from(`\ufeff${object('a')}`, 'utf16le'),
      'c.yaml': Buffer.from([1, 2, 0, 3]),
      'd.yaml': Buffer.concat([Buffer.from(`${object('d')}---\n${object('e')}  x: `), Buffer.from([0xc3, 0x28, 10])]),
      'e.yaml': Buffer.from('PK\u0003\u0004'),
    });
    const collected = await run(['ok.yaml', 'a.yaml', 'b.yaml', 'c.yaml', 'd.yaml', 'e.yaml']);
    expect(names(collected)).toEqual(['a', 'd']);
    expect(notes(collected)).toEqual([
      'error a.yaml:0 a gzip archive that is no evidence bundle',
      'error b.yaml:0 UTF-16 text: expected UTF-8',
      'error c.yaml:0 binary data: expected YAML or JSON',
      'error d.yaml:10 not UTF-8 text',
      'error e.yaml:0 a zip archive',
    ]);
  });

  it('refuses files that are too large, and things that are no files', async () => {
    write({ 'a.yaml': object('a'), 'b.yaml': `${object('b')}${'# x\n'.repeat(100)}` });
    const collected = await run(['a.yaml', 'b.yaml', '-', '/dev/null'], `${object('s')}${'# x\n'.repeat(100)}`, {
      fileBytes: 300,
    });
    expect(names(collected)).toEqual(['a']);
    expect(notes(collected)).toEqual([
      'error b.yaml:0 larger than 300 bytes',
      'error <stdin>:0 larger than 300 bytes',
      'error /dev/null:0 neither a file nor a pipe',
    ]);
  });

  it('finds the configuration in the folder or beside the file, and does not take it for a manifest', async () => {
    write({ 'in/a.yaml': object('a'), 'in/meshproof.yaml': 'mesh: {}\n', 'b.yaml': object('b') });
    expect((await run(['in'])).configFile).toEqual({ path: path.join('in', 'meshproof.yaml'), text: 'mesh: {}\n' });
    expect((await run(['in/a.yaml'])).configFile?.path).toBe(path.join('in', 'meshproof.yaml'));
    expect((await run(['b.yaml', 'in'])).configFile?.path).toBe(path.join('in', 'meshproof.yaml'));
    expect(await run(['b.yaml'])).not.toHaveProperty('configFile');
    expect((await run(['in'])).diagnostics).toEqual([]);
  });

  it('says so when there is a configuration that cannot be read', async () => {
    write({ 'in/a.yaml': object('a'), 'in/meshproof.yaml/x': '' });
    expect(notes(await run(['in']))).toEqual(['error in/meshproof.yaml:0 neither a file nor a pipe']);
  });

  it('keeps the cluster of each input', async () => {
    write({ 'a.yaml': object('a'), 'b.yaml': object('b') });
    const io = { cwd, stdin: () => Promise.resolve(Buffer.alloc(0)) };
    const { objects } = await collect([{ path: 'a.yaml', cluster: 'east' }, { path: 'b.yaml' }], io);
    expect(objects.map(({ cluster }) => cluster)).toEqual(['east', '']);
  });

  it('counts what it skips over all files', async () => {
    const definition = 'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.b}\n';
    write({ 'in/a.yaml': `${definition}---\n${object('a')}`, 'in/b.yaml': definition });
    expect(await run(['in'])).toMatchObject({ skippedKinds: { CustomResourceDefinition: 2 }, diagnostics: [] });
  });

  it('throws where there is nothing to read, and says what was looked for', async () => {
    write({ 'in/readme.md': '', 'in/sub/a.txt': '', 'x.yaml': 'a: [\n' });
    expect(await fail(['nope'])).toMatchObject({
      message: '`nope` does not exist: expected a manifest file or a folder of them',
      help: 'check the path; `-` reads stdin',
    });
    expect((await fail(['*.yaml'])).help).toContain('shell');
    expect((await fail(['x.yaml/y'])).message).toContain('does not exist');
    expect((await fail(['in'])).message).toBe(
      'no Kubernetes object in `in`: no `*.yaml`, `*.yml` or `*.json` file there',
    );
    expect((await fail(['-'])).message).toContain('no Kubernetes object in stdin');
    expect((await fail([])).message).toContain('no input');
    const broken = await fail(['x.yaml']);
    expect(notes(broken)).toHaveLength(1);
    expect(broken.help).toContain('kubectl get');
  });
});
