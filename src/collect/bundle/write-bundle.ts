import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack, type Pack } from 'tar-stream';
import type { BundleManifest, ClusterManifest } from './manifest.ts';

export const MANIFEST = 'manifest.json';
export const MANIFEST_HASH = 'manifest.sha256';

/** A cluster that was collected into a folder. */
export interface CollectedCluster {
  readonly manifest: ClusterManifest;
  readonly folder: string;
}

/** Where the files of the n-th cluster stand in a bundle. */
export const entryOf = (cluster: number, file: string): string => `clusters/${cluster}/${file}`;

/** Packs what was collected. The file is complete or not there; only the user may read it. Returns its hash. */
export async function writeBundle(
  file: string,
  tool: BundleManifest['tool'],
  clusters: readonly CollectedCluster[],
): Promise<string> {
  const manifest: BundleManifest = {
    apiVersion: 'meshproof.dev/v1',
    kind: 'Bundle',
    tool,
    clusters: clusters.map((cluster) => cluster.manifest),
  };
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  const mtime = new Date(
    clusters
      .map(({ manifest: { finishedAt } }) => finishedAt)
      .sort()
      .at(-1) ?? 0,
  );
  const temporary = `${file}.${process.pid}.tmp`;
  const archive = pack();
  const hash = createHash('sha256');
  const written = pipeline(
    archive,
    createGzip(),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(temporary, { mode: 0o600, flags: 'wx' }),
  );
  try {
    await Promise.all([written, fill(archive, text, clusters, mtime)]);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  return hash.digest('hex');
}

async function fill(
  archive: Pack,
  manifest: string,
  clusters: readonly CollectedCluster[],
  mtime: Date,
): Promise<void> {
  archive.entry({ name: MANIFEST, mtime, mode: 0o600 }, manifest);
  archive.entry(
    { name: MANIFEST_HASH, mtime, mode: 0o600 },
    `${createHash('sha256').update(manifest).digest('hex')}  ${MANIFEST}\n`,
  );
  for (const [
    index,
    {
      manifest: { read, dumps },
      folder,
    },
  ] of clusters.entries()) {
    for (const { file } of dumps ? [...read, dumps] : read) {
      const full = path.join(folder, file);
      const entry = archive.entry({ name: entryOf(index, file), size: statSync(full).size, mtime, mode: 0o600 });
      await pipeline(createReadStream(full), entry);
    }
  }
  archive.finalize();
}
