#!/usr/bin/env node
// The launcher: plain JavaScript that even an old Node can read far enough to say what is wrong.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { heapFlagsFor, rerunWithHeap } from './heap.js';
import { load } from './load.js';
import { isNodeTooOld, nodeTooOldMessage } from './node-version.js';

const CANNOT = 2;

// A reader that has seen enough (`| head`) is no error of ours: finish quietly, with the exit code of the result.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

function crash(error) {
  process.stderr.write(`meshproof: internal error, please report it\n${error?.stack ?? error}\n`);
  process.exitCode = CANNOT;
}

async function launch(args) {
  if (isNodeTooOld(process.versions.node)) {
    process.stderr.write(nodeTooOldMessage(process.versions.node));
    return CANNOT;
  }
  const cli = fileURLToPath(new URL('../dist/cli.cjs', import.meta.url));
  if (!existsSync(cli)) {
    process.stderr.write('meshproof: not built yet; run `npm ci && npm run build` first\n');
    return CANNOT;
  }
  const flags = heapFlagsFor(args);
  if (flags) return rerunWithHeap(flags, fileURLToPath(import.meta.url), args);
  return load(cli).run(args);
}

// Not only rejections: whatever is thrown from a timer or a stream is a bug too, and must not look like "findings" (1).
process.on('uncaughtException', (error) => {
  crash(error);
  process.exit();
});

launch(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
}, crash);
