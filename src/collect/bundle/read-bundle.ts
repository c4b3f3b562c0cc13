import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { isObject } from '../../model/shape.ts';
import { InputError } from '../input-error.ts';
import { keptObservations } from '../dumps/kept-observation.ts';
import type { ClusterSnapshot, RawValue } from '../snapshot.ts';
import { type BundleManifest, bundleManifest, type ListRead } from './manifest.ts';
import { entryOf, MANIFEST, MANIFEST_HASH } from './write-bundle.ts';

interface Limits {
  /** Of one file in the bundle, unpacked. */
  readonly fileBytes: number;
}

/**
 * The clusters of an evidence bundle, each checked against its hash. Nothing is unpacked to disk. Throws an InputError that names the file
 * inside where the bundle is cut, damaged or changed; undefined for a gzip archive of something else.
 */
export async function readBundle(
  from: string | Buffer,
  name: string,
  limits: Limits,
): Promise<readonly ClusterSnapshot[] | undefined> {
  const source = typeof from === 'string' ? createReadStream(from) : Readable.from([from]);
  const archive = extract();
  const unpacked = createGunzip();
  let at = '';
  source.on('error', (error: Error) => archive.destroy(error));
  unpacked.on('error', (error: Error) => archive.destroy(error));
  source.pipe(unpacked).pipe(archive);

  let manifest: BundleManifest | undefined;
  let manifestText = '';
  const expected = new Map<string, Pick<ListRead, 'sha256'>>();
  const dumps = new Set<string>();
  const found = new Map<string, readonly RawValue[]>();
  try {
    for await (const entry of archive) {
      at = String(entry.header.name);
      const size = entry.header.size ?? 0;
      if (size > limits.fileBytes) throw refused(name, at, 'is too large');
      if (at === MANIFEST && !manifest) {
        manifestText = (await readEntry(entry, limits.fileBytes, name, at)).toString('utf8');
        manifest = parseManifest(manifestText, name);
        for (const [index, { read, dumps: dumped }] of manifest.clusters.entries()) {
          for (const list of read) expected.set(entryOf(index, list.file), list);
          if (!dumped) continue;
          expected.set(entryOf(index, dumped.file), dumped);
          dumps.add(entryOf(index, dumped.file));
        }
        continue;
      }
      if (!manifest) return undefined;
      const bytes = await readEntry(entry, limits.fileBytes, name, at);
      if (at === MANIFEST_HASH) {
        if (!bytes.toString('utf8').startsWith(sha256(manifestText))) throw changed(name, MANIFEST);
        expected.delete(MANIFEST_HASH);
        found.set(MANIFEST_HASH, []);
        continue;
      }
      const list = expected.get(at);
      if (!list || found.has(at)) throw refused(name, at, 'is not what the manifest names');
      if (sha256(bytes) !== list.sha256) throw changed(name, at);
      found.set(at, parseLines(bytes, name, at, dumps.has(at) ? isObject : isKubernetesObject));
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    if (at === '' && !codeOf(error).startsWith('Z_') && !isForbidden(error)) return undefined;
    throw broken(name, at || MANIFEST, error);
  } finally {
    source.destroy();
    unpacked.destroy();
  }
  if (!manifest) return undefined;
  const missing = [MANIFEST_HASH, ...expected.keys()].find((file) => !found.has(file));
  if (missing !== undefined) throw refused(name, missing, 'is missing');
  return manifest.clusters.map((cluster, index) => ({
    manifest: cluster,
    objects: cluster.read.flatMap(({ file }) => found.get(entryOf(index, file)) ?? []),
    ...(cluster.dumps ? { observations: observationsIn(found, entryOf(index, cluster.dumps.file), name) } : {}),
  }));
}

function observationsIn(found: ReadonlyMap<string, readonly RawValue[]>, at: string, name: string) {
  const observations = keptObservations(found.get(at) ?? []);
  if (!observations) throw refused(name, at, 'holds a line that is no dump');
  return observations;
}

const isKubernetesObject = (value: unknown): value is RawValue => isObject(value) && isObject(value.metadata);

const sha256 = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex');

async function readEntry(entry: AsyncIterable<unknown>, limit: number, name: string, at: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of entry) {
    const buffer = chunk as Buffer;
    bytes += buffer.length;
    if (bytes > limit) throw refused(name, at, 'is too large');
    chunks.push(buffer);
  }
  return Buffer.concat(chunks);
}

function parseManifest(text: string, name: string): BundleManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refused(name, MANIFEST, 'is no JSON');
  }
  const parsed = bundleManifest.safeParse(value);
  // zod infers optional fields as possibly undefined; it leaves them out.
  if (parsed.success) return parsed.data as BundleManifest;
  const [issue] = parsed.error.issues;
  throw refused(name, MANIFEST, `is not as expected at \`${issue?.path.join('.') ?? ''}\``);
}

function parseLines(
  bytes: Buffer,
  name: string,
  at: string,
  isMeant: (value: unknown) => value is RawValue,
): readonly RawValue[] {
  const values: RawValue[] = [];
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(10, start);
    const end = newline < 0 ? bytes.length : newline;
    let value: unknown;
    try {
      value = JSON.parse(bytes.toString('utf8', start, end));
    } catch {
      throw refused(name, at, 'holds a line that is no JSON');
    }
    if (!isMeant(value)) throw refused(name, at, 'holds a line that is no object');
    values.push(value);
    start = end + 1;
  }
  return values;
}

const AGAIN = 'collect it again, or get an undamaged copy';

const refused = (name: string, file: string, what: string): InputError =>
  new InputError(`the bundle \`${name}\` is refused: \`${file}\` ${what}`, AGAIN);

const changed = (name: string, file: string): InputError =>
  refused(name, file, 'was changed after it was collected: its hash is another');

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

/** The gzip stream ends too early, or the archive in it does. */
const isCut = (error: unknown): boolean => codeOf(error) === 'Z_BUF_ERROR';

const isForbidden = (error: unknown): boolean => ['EACCES', 'EPERM'].includes(codeOf(error));

function broken(name: string, at: string, error: unknown): InputError {
  if (isForbidden(error)) return new InputError(`\`${name}\` cannot be read: permission denied`, 'grant read access');
  const isShort = isCut(error) || (error instanceof Error && /unexpected end/i.test(error.message));
  return refused(name, at, isShort ? 'is cut off' : 'is damaged');
}
