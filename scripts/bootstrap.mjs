import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Brings node_modules and dist up to date. Throws an error whose message a user can act on. */
export function bootstrap(root) {
  if (isInstalled(root) && isBuilt(root)) return;
  whileLocked(join(root, '.bootstrap-lock'), () => {
    if (!isInstalled(root)) install(root);
    if (!isBuilt(root)) build(root);
  });
}

function isInstalled(root) {
  const wanted = join(root, 'package-lock.json');
  const present = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(present)) return false;
  if (statSync(present).mtimeMs >= statSync(wanted).mtimeMs) return true;
  // Git and npm touch the lock file without changing it.
  if (!hasSamePackages(readPackages(wanted), readPackages(present))) return false;
  utimesSync(present, new Date(), new Date());
  return true;
}

function readPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}

function hasSamePackages(wanted, present) {
  const paths = Object.keys(wanted).filter((path) => path !== '' && !(wanted[path].optional && !present[path]));
  return (
    paths.every((path) => wanted[path].version === present[path]?.version) &&
    Object.keys(present).every((path) => wanted[path])
  );
}

function isBuilt(root) {
  const built = statSync(join(root, 'dist/cli.cjs'), { throwIfNoEntry: false })?.mtimeMs;
  const inputs = ['src', 'package.json', 'scripts/build.mjs', 'bin/load.js'].map((path) => join(root, path));
  return built !== undefined && !inputs.some((path) => isNewer(path, built));
}

/** Whether a file or anything in a folder, or the folder itself (something was removed), changed after `time`. */
function isNewer(path, time) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return false;
  return (
    stat.mtimeMs > time || (stat.isDirectory() && readdirSync(path).some((name) => isNewer(join(path, name), time)))
  );
}

function install(root) {
  process.stderr.write('meshproof: installing dependencies (once)\n');
  const args = ['ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  const ok = npm ? runQuietly(root, process.execPath, [npm, ...args]) : runQuietly(root, 'npm', args);
  if (!ok) throw new Error('installing the dependencies failed; see above, or run `npm ci --loglevel=error`');
}

function build(root) {
  const ok = runQuietly(root, process.execPath, [join(root, 'scripts/build.mjs')]);
  if (!ok) throw new Error('the build failed; see above, or run `npm run build`');
}

/** Runs a program whose output, if any, goes to stderr. */
function runQuietly(cwd, command, args) {
  const shell = process.platform === 'win32' && command === 'npm';
  const { status, error } = spawnSync(command, args, { cwd, shell, stdio: ['ignore', 2, 2] });
  if (error) process.stderr.write(`${error.message}\n`);
  return status === 0;
}

/** Two first runs at the same time would remove each other's packages. A lock whose owner is gone is taken over. */
function whileLocked(file, work) {
  while (!tryLock(file)) {
    if (isOwnerGone(file)) rmSync(file, { force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
  try {
    work();
  } finally {
    rmSync(file, { force: true });
  }
}

function tryLock(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw new Error(`cannot write to the project folder (${error.code})`);
  }
}

function isOwnerGone(file) {
  try {
    const owner = Number(readFileSync(file, 'utf8'));
    if (!(owner > 0)) return Date.now() - statSync(file).mtimeMs > 5000;
    process.kill(owner, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}
