// A test runner for Stryker: bundles the test files once with what they import, and evaluates the bundle afresh for each mutant, so that no
// state survives one. Several times faster than starting vitest per mutant. The tests get vitest's own `expect`, and of `describe` and `it`
// what they use: names, functions and `.each`.
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import vm from 'node:vm';
import { rolldown } from 'rolldown';
import { expect } from 'vitest';
import { isSampled } from './sample.mjs';

const { root, every, tests: testFiles } = JSON.parse(process.env.MESHPROOF_MUTATION ?? '{}');
/** Where the instrumented code finds the active mutant and notes what it covers. */
const state = () => {
  globalThis.__stryker__ ??= {};
  return globalThis.__stryker__;
};

class BundledRunner {
  capabilities() {
    return { reloadEnvironment: true };
  }

  async init() {
    this.require = createRequire(join(root, 'package.json'));
    const code = await bundle(process.cwd());
    const script = new vm.Script(`(function (require, module, exports, collecting) {${code}\n})`, {
      filename: 'tests.cjs',
    });
    this.evaluate = script.runInThisContext();
  }

  /** Of each file what it covers: what runs while it is loaded counts for each of its tests, so that no mutant is static. */
  async dryRun() {
    const namespace = state();
    namespace.activeMutant = undefined;
    const tests = [];
    const perTest = {};
    for (const file of testFiles) {
      namespace.mutantCoverage = { static: {}, perTest: {} };
      namespace.currentTestId = undefined;
      const found = await this.collect(this.load(), file);
      for (const test of found) {
        namespace.currentTestId = test.id;
        tests.push(await runTest(test));
        namespace.currentTestId = undefined;
      }
      const { perTest: covered, static: loading } = namespace.mutantCoverage;
      for (const { id } of found) perTest[id] = { ...loading, ...covered[id] };
    }
    return { status: 'complete', tests, mutantCoverage: { static: {}, perTest } };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit }) {
    if (!isSampled(atReportedPlace(activeMutant), every, root))
      return { status: 'error', errorMessage: 'not in the sample' };
    const namespace = state();
    Object.assign(namespace, { activeMutant: activeMutant.id, hitCount: 0, hitLimit, currentTestId: undefined });
    const wanted = new Set(testFilter);
    const files = testFiles.filter((file) => [...wanted].some((id) => id.startsWith(`${file}#`)));
    let nrOfTests = 0;
    try {
      const collecting = this.load();
      for (const file of files) {
        for (const test of await this.collect(collecting, file)) {
          if (!wanted.has(test.id)) continue;
          nrOfTests += 1;
          const { status, failureMessage } = await runTest(test);
          if (namespace.hitCount > hitLimit) return { status: 'timeout', reason: 'hit limit reached' };
          if (status === 2) return { status: 'killed', killedBy: [test.id], failureMessage, nrOfTests };
        }
      }
    } catch (error) {
      if (namespace.hitCount > hitLimit) return { status: 'timeout', reason: 'hit limit reached' };
      const [first] = wanted;
      return { status: 'killed', killedBy: [first], failureMessage: String(error), nrOfTests };
    }
    return { status: 'survived', nrOfTests };
  }

  load() {
    const collecting = { suite: [], tests: [] };
    const module = { exports: {} };
    const require = (name) => (name === 'vitest' ? fakeVitest(collecting) : this.require(name));
    this.evaluate(require, module, module.exports);
    return { collecting, files: module.exports.files };
  }

  async collect({ collecting, files }, file) {
    collecting.tests = [];
    await files[file]();
    return collecting.tests.map(({ name, run }, index) => ({ id: `${file}#${index} ${name}`, name, file, run }));
  }
}

/** Stryker counts lines and columns from 0 here, and from 1 in its results. */
function atReportedPlace({ fileName, location: { start, end }, ...mutant }) {
  const shifted = ({ line, column }) => ({ line: line + 1, column: column + 1 });
  return { ...mutant, fileName, location: { start: shifted(start), end: shifted(end) } };
}

async function runTest({ id, name, file, run }) {
  const startedAt = performance.now();
  const result = { id, name, fileName: join(process.cwd(), file) };
  try {
    await run();
    return { ...result, status: 0, timeSpentMs: performance.now() - startedAt };
  } catch (error) {
    return { ...result, status: 2, failureMessage: String(error), timeSpentMs: performance.now() - startedAt };
  }
}

function fakeVitest(collecting) {
  const add = (name, run) => {
    collecting.tests.push({ name: [...collecting.suite, name].join(' '), run });
  };
  const group = (name, collect) => {
    collecting.suite.push(String(name));
    collect();
    collecting.suite.pop();
  };
  const withEach = (take) =>
    Object.assign(take, {
      each: (rows) => (name, run) => {
        for (const row of rows) take(name, () => (Array.isArray(row) ? run(...row) : run(row)));
      },
    });
  const it = withEach((name, run) => add(String(name), run));
  return { describe: withEach(group), it, test: it, expect };
}

async function bundle(cwd) {
  const entry = 'virtual:tests';
  const build = await rolldown({
    cwd,
    input: entry,
    platform: 'node',
    external: (id) => /^[^./]/.test(id) && id !== entry && !id.startsWith('\0'),
    onLog() {},
    plugins: [
      {
        name: 'tests',
        resolveId: (id) => (id === entry ? id : undefined),
        load: (id) =>
          id === entry
            ? `export const files = {${testFiles.map((file) => `${JSON.stringify(file)}: () => import(${JSON.stringify(join(cwd, file))})`).join(',\n')}};`
            : undefined,
        // Data stays in the project: only code is copied and instrumented.
        transform: (code, id) =>
          code.includes('import.meta.url')
            ? code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(join(root, relative(cwd, id))).href))
            : undefined,
      },
    ],
  });
  const { output } = await build.generate({ format: 'cjs', codeSplitting: false });
  await build.close();
  return output[0].code;
}

export const strykerPlugins = [{ kind: 'TestRunner', name: 'bundled', factory: () => new BundledRunner() }];
