// Bundles the CLI into dist/, with every dependency inside, so that the package needs none. `import()` stays a chunk
// of its own: what a command does not use is not read. Beside each file stands what V8 compiled of it (bin/load.js).
// `--types` adds the declarations.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const LICENCES = 'THIRD-PARTY-LICENSES.txt';

const startedAt = new Date();
const staging = join(root, `.dist-${process.pid}`);
try {
  const entries = Object.entries({ cli: 'src/cli/main.ts', index: 'src/index.ts' });
  const output = await bundle(Object.fromEntries(entries.filter(([, file]) => existsSync(join(root, file)))));
  writeFileSync(join(staging, LICENCES), licencesOf(output));
  publish([...output.map((chunk) => chunk.fileName), LICENCES]);
  keepCompiledCode();
  if (process.argv.includes('--types') && existsSync(join(root, 'src/index.ts'))) declareTypes();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(staging, { recursive: true, force: true });
}

async function bundle(input) {
  const build = await rolldown({
    cwd: root,
    input,
    platform: 'node',
    transform: { target: 'node20' },
    resolve: { alias: { 'node-fetch': join(root, 'scripts/node-fetch.mjs') } },
    // An import that cannot be resolved would only fail at the user's: fail here.
    onLog(level, log, handle) {
      handle(log.code === 'UNRESOLVED_IMPORT' ? 'error' : level, log);
    },
  });
  const { output } = await build.write({
    dir: staging,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: 'chunks/[name]-[hash].cjs',
    minify: false,
    sourcemap: false,
  });
  await build.close();
  return output;
}

/** Moves the new files in, entries last, and then removes the old: a running meshproof hardly notices. */
function publish(files) {
  mkdirSync(join(dist, 'chunks'), { recursive: true });
  const isEntry = (file) => !file.includes('/');
  for (const file of files.toSorted((a, b) => Number(isEntry(a)) - Number(isEntry(b)))) {
    // V8 tells what was compiled of another text by its length alone.
    rmSync(join(dist, `${file}.compiled`), { force: true });
    renameSync(join(staging, file), join(dist, file));
  }
  for (const path of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const file = relative(dist, join(path.parentPath, path.name)).split(sep).join('/');
    if (path.isFile() && !file.startsWith('types/') && !files.includes(file)) rmSync(join(dist, file));
  }
  // Sources that change during the build are newer than its result.
  utimesSync(join(dist, 'cli.cjs'), startedAt, startedAt);
}

/** In a process of its own: V8 keeps what a run compiled, so one that stands for many is made. Nothing is lost without it. */
function keepCompiledCode() {
  spawnSync(process.execPath, [join(root, 'scripts/keep-compiled-code.mjs')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function declareTypes() {
  rmSync(join(dist, 'types'), { recursive: true, force: true });
  const args = [join(root, 'node_modules/typescript/bin/tsc'), '--project', join(root, 'tsconfig.build.json')];
  if (spawnSync(process.execPath, args, { stdio: 'inherit' }).status !== 0) throw new Error('tsc failed');
}

function licencesOf(output) {
  const modules = output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
  const folders = new Set(modules.filter((id) => id.includes(`${sep}node_modules${sep}`)).map(packageFolder));
  const texts = [...folders].map(licenceText).toSorted();
  return ['Meshproof contains the following packages.', ...texts].join(`\n\n${'-'.repeat(80)}\n\n`);
}

function packageFolder(id) {
  let folder = dirname(id);
  while (!isPackage(folder)) folder = dirname(folder);
  return folder;
}

/** Some packages have nested package.json files that name only a module type. */
function isPackage(folder) {
  const file = join(folder, 'package.json');
  return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).version !== undefined;
}

function licenceText(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
  if (files.length === 0) throw new Error(`${name} has no licence file to ship`);
  return [
    `${name} ${version} (${license})`,
    ...files.map((file) => readFileSync(join(folder, file), 'utf8').trim()),
  ].join('\n\n');
}
