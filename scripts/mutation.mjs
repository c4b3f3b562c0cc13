// The mutation score of src/semantics: small changes to its code, one at a time, that some test should notice.
//   npm run mutation                                    every 20th change, in every folder
//   npm run mutation -- src/semantics/authz --every 1   a folder or file, every change
// A sample always holds the same changes, as long as the code stands. Tests are those beside the code, those of src/semantics itself and the
// recordings of real software that the folder answers to: the whole suite notices what is printed, or more. Text for people is not changed.
// Survivors are listed in .mutation/survivors.txt.
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { globSync } from 'tinyglobby';
import { describeSurvivors, formatScore } from './mutation/report.mjs';
import { isSampled } from './mutation/sample.mjs';

/** Slow tests, and the folders whose code they are about. */
const RECORDINGS = {
  'test/differential/sidecar-vectors.test.ts': ['.', 'authz', 'http', 'jwt', 'mtls'],
  'test/differential/conformance.test.ts': ['.', 'authz', 'http', 'jwt', 'mtls', 'outbound', 'patches'],
  'test/differential/waypoint-vectors.test.ts': ['.', 'ambient'],
  'test/differential/ways.test.ts': ['ambient', 'egress', 'gateway', 'outbound'],
  'src/semantics/ambient/vectors.test.ts': ['ambient'],
  'src/semantics/gateway/vectors.test.ts': ['gateway'],
  'src/semantics/network-policy/vectors.test.ts': ['network-policy'],
  'test/algebra/algebra.test.ts': ['algebra'],
  'test/algebra/gateways.test.ts': ['algebra'],
  'test/algebra/metamorphic.test.ts': ['algebra'],
  'test/differential/loaded.test.ts': ['algebra'],
  'src/graph/compare/compare.test.ts': ['algebra'],
  'src/graph/reach/route-reach.test.ts': ['algebra'],
};
const SEMANTICS = 'src/semantics';
const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

const { every, files } = readArguments();

mkdirSync('.mutation', { recursive: true });
const all = [];
for (const [folder, mutate] of groupByFolder()) {
  const startedAt = Date.now();
  const mutants = await runStryker(folder, mutate);
  all.push(...mutants);
  process.stdout.write(`${formatScore(folder, mutants)}  ${Math.round((Date.now() - startedAt) / 1000)} s\n`);
  writeFileSync('.mutation/survivors.txt', describeSurvivors(all));
}
process.stdout.write(`${formatScore(every === 1 ? 'all' : `all, one of ${every}`, all)}\n`);

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { every: { type: 'string', default: '20' } },
    });
    const every = Number(values.every);
    const chosen = positionals.length > 0 ? positionals : [SEMANTICS];
    const missing = chosen.find((path) => !existsSync(path));
    if (missing !== undefined) throw new Error(`there is no \`${missing}\``);
    const files = [...new Set(chosen.flatMap(sourcesIn))];
    if (files.length === 0) throw new Error(`only code of ${SEMANTICS} is measured`);
    if (!Number.isInteger(every) || every < 1) throw new Error('`--every` takes a number from 1 on');
    return { every, files };
  } catch (error) {
    process.stderr.write(
      `mutation: ${error.message}\nusage: npm run mutation -- [folder or file of ${SEMANTICS} ...] [--every n]\n`,
    );
    process.exit(2);
  }
}

function sourcesIn(path) {
  const found = statSync(path).isDirectory()
    ? globSync('**/*.ts', { cwd: path }).map((file) => posix.join(path, file))
    : [posix.normalize(path)];
  return found.filter((file) => file.startsWith(`${SEMANTICS}/`) && !file.endsWith('.test.ts')).sort();
}

function groupByFolder() {
  const folders = new Map();
  for (const file of files) folders.set(folderOf(file), [...(folders.get(folderOf(file)) ?? []), file]);
  return folders;
}

/** `authz`, or `.` for what stands in src/semantics itself. */
function folderOf(file) {
  const [folder, ...rest] = file.slice(SEMANTICS.length + 1).split('/');
  return rest.length > 0 ? folder : '.';
}

/** Fast ones first: those beside the code and those of src/semantics itself. */
function testsFor(folder) {
  const near = globSync(folder === '.' ? '**/*.test.ts' : ['*.test.ts', `${folder}/**/*.test.ts`], { cwd: SEMANTICS })
    .map((file) => `${SEMANTICS}/${file}`)
    .filter((file) => !(file in RECORDINGS));
  return [...near.sort(), ...Object.keys(RECORDINGS).filter((file) => RECORDINGS[file].includes(folder))];
}

/** The sampled mutants and what became of them. */
async function runStryker(folder, mutate) {
  // How the runner, in a process of its own, learns what to run.
  process.env.MESHPROOF_MUTATION = JSON.stringify({ root, every, tests: testsFor(folder) });
  process.env.MESHPROOF_PAIRS ??= '300';
  const plugins = ['bundled-runner', 'leave-text'].map((name) =>
    fileURLToPath(new URL(`mutation/${name}.mjs`, import.meta.url)),
  );
  const results = await new Stryker({
    mutate,
    plugins,
    testRunner: 'bundled',
    ignorers: ['text'],
    coverageAnalysis: 'perTest',
    concurrency: 1,
    dryRunTimeoutMinutes: 30,
    // Loops without end run into the limit of hits; the time is for a machine that does other things too.
    timeoutMS: 60_000,
    tempDirName: '.mutation/sandbox',
    ignorePatterns: ['**', '!src/**', '!test/**/*.ts', '!package.json'],
    reporters: process.stdout.isTTY ? ['progress'] : [],
    allowConsoleColors: false,
    logLevel: 'error',
    allowEmpty: true,
  }).runMutationTest();
  return results.filter((mutant) => isSampled(mutant, every, root));
}
