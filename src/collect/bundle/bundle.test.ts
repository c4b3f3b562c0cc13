import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extract, pack } from 'tar-stream';
import { fileStore } from './file-store.ts';
import type { ClusterManifest } from './manifest.ts';
import { readBundle } from './read-bundle.ts';
import { writeBundle } from './write-bundle.ts';

const LIMITS = { fileBytes: 2 ** 20 };
const TIME = '2026-11-25T00:00:00.000Z';
const OBJECT = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', resourceVersion: '7' } };
let folder = '';
let file = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'meshproof-bundle-'));
  file = join(folder, 'a.tar.gz');
  const store = fileStore(join(folder, '0'), { cluster: 'prod', version: '1', startedAt: TIME }, false);
  const sink = await store.open({ group: '', resource: 'namespaces' });
  await sink.add([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'void' } }]);
  await sink.restart();
  await sink.add([OBJECT]);
  const stored = await sink.close();
  const manifest: ClusterManifest = {
    name: 'prod',
    kubernetesVersion: 'v1.36.3',
    startedAt: TIME,
    finishedAt: TIME,
    systemNamespaces: ['istio-system'],
    read: [{ group: '', resource: 'namespaces', version: 'v1', kind: 'Namespace', ...stored }],
    absent: [],
    gaps: [],
  };
  await writeBundle(file, { name: 'meshproof', version: '1' }, [{ manifest, folder: join(folder, '0') }]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Files = [name: string, text: string][];

async function unpack(): Promise<Files> {
  const archive = extract();
  archive.end(gunzipSync(readFileSync(file)));
  const files: Files = [];
  for await (const entry of archive) {
    let text = '';
    for await (const chunk of entry) text += String(chunk);
    files.push([entry.header.name, text]);
  }
  return files;
}

async function repacked(change: (files: Files) => Files): Promise<Buffer> {
  const archive = pack();
  for (const [name, text] of change(await unpack())) archive.entry({ name }, text);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

const OBJECTS = 'clusters/0/namespaces.ndjson';
const edit = (name: string, from: string, to: string) => (files: Files) =>
  files.map(([each, text]): Files[number] => [each, each === name ? text.replace(from, to) : text]);

describe('an evidence bundle', () => {
  it('is read as it was written, for its owner alone', async () => {
    const [cluster] = (await readBundle(file, 'a.tar.gz', LIMITS)) ?? [];
    expect(cluster?.objects).toEqual([OBJECT]);
    expect(cluster?.manifest.name).toBe('prod');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await unpack()).map(([name]) => name)).toEqual(['manifest.json', 'manifest.sha256', OBJECTS]);
    expect((await readBundle(await repacked((files) => files), 'b', LIMITS))?.[0]?.objects).toEqual([OBJECT]);
  });

  it.each<readonly [string, (files: Files) => Files, string]>([
    ['an object was changed', edit(OBJECTS, 'shop', 'shpo'), `\`${OBJECTS}\` was changed after it was collected`],
    [
      'the manifest was changed',
      edit('manifest.json', 'prod', 'test'),
      '`manifest.json` was changed after it was collected',
    ],
    ['a file is missing', (files) => files.slice(0, 2), `\`${OBJECTS}\` is missing`],
    [
      'the hash is missing',
      (files) => files.filter(([name]) => name !== 'manifest.sha256'),
      '`manifest.sha256` is missing',
    ],
    [
      'a file was added',
      (files) => [...files, ['clusters/0/pods.ndjson', '{}']],
      '`clusters/0/pods.ndjson` is not what the manifest names',
    ],
    [
      'a file is there twice',
      (files) => [...files, ...files.slice(2)],
      `\`${OBJECTS}\` is not what the manifest names`,
    ],
    ['the manifest is no JSON', edit('manifest.json', '{', '['), '`manifest.json` is no JSON'],
    [
      'the manifest has another form',
      edit('manifest.json', '"absent"', '"apsent"'),
      '`manifest.json` is not as expected at `clusters.0',
    ],
  ])('is refused, with the file named, where %s', async (_what, change, message) => {
    const bytes = await repacked(change);
    await expect(readBundle(bytes, 'x.tar.gz', LIMITS)).rejects.toThrow(message);
    await expect(readBundle(bytes, 'x.tar.gz', LIMITS)).rejects.toThrow('`x.tar.gz`');
  });

  it('is refused wherever it was cut or damaged', async () => {
    const bytes = readFileSync(file);
    for (let length = 1; length < bytes.length; length += 7)
      await expect(readBundle(bytes.subarray(0, length), 'x', LIMITS), `cut at ${length}`).rejects.toThrow(
        /refused|no evidence bundle/,
      );
    for (let at = 10; at < bytes.length; at += 7) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 0x55;
      // Where the first bytes are damaged, it is no bundle at all.
      const read = await readBundle(damaged, 'x', LIMITS).catch(String);
      expect(read ?? 'refused', `damaged at ${at}`).toContain('refused');
    }
  });

  it('is told from other archives', async () => {
    expect(await readBundle(await repacked((files) => files.slice(2)), 'x', LIMITS)).toBeUndefined();
    expect(await readBundle(gzipSync('kind: Namespace'), 'x', LIMITS)).toBeUndefined();
  });

  it('may not unpack to more than the limit', async () => {
    const bytes = await repacked((files) => [...files.slice(0, 2), [OBJECTS, 'x'.repeat(2 ** 21)]]);
    await expect(readBundle(bytes, 'x', LIMITS)).rejects.toThrow(`\`${OBJECTS}\` is too large`);
  });
});

describe('a journal', () => {
  const head = { cluster: 'prod', version: '1', startedAt: TIME };
  const list = { group: '', resource: 'pods' };
  const write = async (place: string) => {
    const store = fileStore(place, head, false);
    const sink = await store.open(list);
    await sink.add([OBJECT]);
    const stored = await sink.close();
    await store.done({ ...list, version: 'v1', kind: 'Pod', ...stored });
  };

  it('is continued for the same cluster only, and only where its files are what they were', async () => {
    const place = join(folder, 'journal');
    await write(place);
    expect(fileStore(place, { ...head, startedAt: '2026-11-26T00:00:00.000Z' }, true)).toMatchObject({
      resumed: 1,
      startedAt: TIME,
    });
    expect(fileStore(place, { ...head, cluster: 'other' }, true).resumed).toBe(0);
    await write(place);
    writeFileSync(join(place, 'pods.ndjson'), 'changed');
    expect(fileStore(place, head, true).resumed).toBe(0);
    await write(place);
    expect(fileStore(place, head, false).resumed).toBe(0);
  });
});
