// The contract of live clusters, against a real API server: kube-apiserver and etcd in the folder that KUBE_BIN names, or those that
// `npm run build:kube` made.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BINARIES, kubeCache, missingIn } from './kube-binaries.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const named = process.env.KUBE_BIN;
const folder = named || kubeCache();
const missing = missingIn(folder);

if (named && missing.length > 0) {
  process.stderr.write(`KUBE_BIN=${named} has no ${missing.join(' and no ')}\n`);
  process.exitCode = 1;
} else if (missing.length > 0) {
  const how = 'npm run build:kube makes them, or KUBE_BIN names a folder that has them';
  process.stdout.write(`skipped: there is no ${BINARIES.join(' and ')} here; ${how}\n`);
} else {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--config', join(root, 'vitest.live.config.ts'), ...process.argv.slice(2)];
  const env = { ...process.env, KUBE_BIN: folder };
  process.exitCode = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env }).status ?? 1;
}
