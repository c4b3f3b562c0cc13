// Where the binaries of a real API server are: named in KUBE_BIN, or built by `npm run build:kube` into a cache outside the repository, by
// the hash of the versions that are pinned.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const KUBE_MODULE = fileURLToPath(new URL('../test/live/kube/', import.meta.url));
export const BINARIES = ['etcd', 'kube-apiserver'];

/** The folder of the cache for the pinned versions. */
export function kubeCache() {
  const pinned = createHash('sha256')
    .update(readFileSync(join(KUBE_MODULE, 'go.sum')))
    .digest('hex');
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(base, 'meshproof', `kube-${pinned.slice(0, 16)}`);
}

/** What of the binaries is not in a folder. */
export const missingIn = (folder) => BINARIES.filter((name) => !existsSync(join(folder, name)));
