// The contract of live clusters, against a real API server: KUBE_BIN names a folder with kube-apiserver and etcd.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { KUBE_BIN } = process.env;

if (!KUBE_BIN) {
  process.stdout.write('skipped: KUBE_BIN is not set; it names a folder with kube-apiserver and etcd\n');
} else {
  const missing = ['kube-apiserver', 'etcd'].filter((name) => !existsSync(join(KUBE_BIN, name)));
  if (missing.length > 0) {
    process.stderr.write(`KUBE_BIN=${KUBE_BIN} has no ${missing.join(' and no ')}\n`);
    process.exitCode = 1;
  } else {
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    const args = [vitest, 'run', '--config', join(root, 'vitest.live.config.ts'), ...process.argv.slice(2)];
    process.exitCode = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status ?? 1;
  }
}
