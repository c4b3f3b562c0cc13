import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { BundleManifest, ClusterManifest } from './bundle/manifest.ts';
import type { DumpOptions } from './dumps/add-dumps.ts';
import { InputError } from './input-error.ts';

export interface BundleOptions {
  readonly contexts: readonly string[];
  readonly namespaces?: readonly string[];
  /** Absolute. */
  readonly file: string;
  readonly resume: boolean;
  readonly tool: BundleManifest['tool'];
  readonly onStep?: (what: string) => void;
  readonly dumps?: DumpOptions;
}

export interface BundleWritten {
  readonly clusters: readonly ClusterManifest[];
  readonly sha256: string;
  /** Lists that an earlier run had read. */
  readonly resumed: number;
}

/** Where a collection is kept until it is complete. */
export const partialOf = (file: string): string => `${file}.partial`;

/**
 * Reads clusters into one evidence bundle. What is read is kept beside it until the bundle is complete, so that a collection that is
 * stopped, or ends with an InputError, can be continued.
 */
export async function collectBundle(options: BundleOptions): Promise<BundleWritten> {
  const { contexts, namespaces, file, resume, tool, onStep } = options;
  const partial = partialOf(file);
  if (resume && !existsSync(partial))
    throw new InputError(`there is no stopped collection for \`${path.basename(file)}\``, 'leave out `--resume`');
  const [{ ApiClient }, { connect }, { collectCluster }, { fileStore }, { writeBundle }] = await Promise.all([
    import('./live/api-client.ts'),
    import('./live/connect.ts'),
    import('./live/collect-cluster.ts'),
    import('./bundle/file-store.ts'),
    import('./bundle/write-bundle.ts'),
  ]);
  // A context that does not exist must not cost what an earlier run read.
  const connections = contexts.map(connect);
  if (!resume) rmSync(partial, { recursive: true, force: true });
  let resumed = 0;
  const collected: { readonly manifest: ClusterManifest; readonly folder: string }[] = [];
  for (const [index, connection] of connections.entries()) {
    const folder = path.join(partial, String(index));
    const startedAt = new Date().toISOString();
    const limit = namespaces === undefined ? {} : { namespaces };
    const store = fileStore(folder, { cluster: connection.name, version: tool.version, startedAt, ...limit }, resume);
    resumed += store.resumed;
    const client = new ApiClient(connection);
    try {
      const read = await collectCluster(client, store, {
        startedAt: store.startedAt,
        ...limit,
        ...(onStep ? { onStep } : {}),
      });
      const manifest = options.dumps
        ? await (await import('./dumps/add-dumps.ts')).addDumps(store, read, options.dumps, onStep ? { onStep } : {})
        : read;
      collected.push({ manifest, folder });
    } finally {
      client.close();
    }
  }
  const sha256 = await writeBundle(file, tool, collected);
  rmSync(partial, { recursive: true, force: true });
  return { clusters: collected.map(({ manifest }) => manifest), sha256, resumed };
}
