// `npm run audit` and `npm test` on a fresh clone: installs and builds what is missing, then runs the tool.
//   node scripts/run.mjs meshproof COMMAND...   in the folder that npm was called from
//   node scripts/run.mjs vitest ARGS...         in the project
// Only the tool writes to stdout; what installs and builds writes to stderr.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isNodeTooOld, nodeTooOldMessage } from '../bin/node-version.js';
import { bootstrap } from './bootstrap.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const [tool, ...args] = process.argv.slice(2);

if (isNodeTooOld(process.versions.node)) fail(nodeTooOldMessage(process.versions.node));
try {
  bootstrap(root);
} catch (error) {
  fail(`meshproof: ${error.message}\n`);
}

if (tool === 'meshproof') {
  const launcher = fileURLToPath(new URL('../bin/meshproof.js', import.meta.url));
  process.chdir(process.env.INIT_CWD ?? process.cwd());
  process.argv = [process.argv[0], launcher, ...args];
  await import('../bin/meshproof.js');
} else if (tool === 'vitest') {
  const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
  process.exitCode = spawnSync(process.execPath, [vitest, ...args], { cwd: root, stdio: 'inherit' }).status ?? 1;
} else {
  fail('usage: node scripts/run.mjs meshproof|vitest ARGS...\n');
}

function fail(message) {
  process.stderr.write(message);
  process.exit(2);
}
