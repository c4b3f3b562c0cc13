// Runs the built program once, as a short command would, and keeps what V8 compiled on the way beside the bundle.
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compiledCode, load } from '../bin/load.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const input = join(root, 'examples/payments');
const request = ['--from', 'internet', '--to', 'payments/ledger:5432', '--quiet'];
await load(join(root, 'dist/cli.cjs')).run(['explain', input, ...request]);
for (const [file, code] of compiledCode()) {
  const staging = `${file}.${process.pid}`;
  writeFileSync(staging, code);
  renameSync(staging, file);
}
