// Measures the audit as whole processes, beside merely parsing the same bytes with js-yaml, in turn and in one run:
//   npm run bench [-- RUNS]
// Absolute times depend on the machine; the ratios are what to quote. Needs ../shared (a real platform and the mesh generator).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bootstrap } from './bootstrap.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const shared = join(root, '..', 'shared');
const peak = new URL('report-peak.mjs', import.meta.url).href;
const runs = Number(process.argv[2] ?? 5);

if (!existsSync(shared)) {
  process.stdout.write('bench needs ../shared, which is not there\n');
  process.exit(0);
}
bootstrap(root);

const work = mkdtempSync(join(tmpdir(), 'meshproof-bench-'));
try {
  const start = compare(['-e', '0'], [join(root, 'bin/meshproof.js'), '--version']);
  report('meshproof --version', 'node -e 0', start);
  for (const { name, path } of inputs()) {
    const files = filesOf(path);
    const bytes = files.reduce((total, file) => total + statSync(file).size, 0);
    const measured = compare(
      [join(root, 'scripts/parse-yaml.mjs'), ...files],
      [join(root, 'bin/meshproof.js'), 'audit', path, '--format', 'json', '--fail-on', 'never', '--quiet'],
    );
    report(`audit ${name} (${(bytes / 1e6).toFixed(1)} MB)`, 'js-yaml alone', measured);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

function inputs() {
  const generate = (workloads) => {
    const path = join(work, String(workloads));
    spawnSync(process.execPath, [
      join(shared, 'tools/genmesh.mjs'),
      '--seed',
      '7',
      '--workloads',
      String(workloads),
      '--out',
      path,
      '--config',
    ]);
    return { name: `${workloads} workloads`, path };
  };
  return [{ name: 'kubeflow', path: join(shared, 'corpus/kubeflow/platform.yaml') }, generate(1000), generate(10000)];
}

function filesOf(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((file) => file.startsWith('mesh-'))
    .sort()
    .map((file) => join(path, file));
}

/** Runs both commands in turn, a warm-up first. */
function compare(base, subject) {
  const times = { base: [], subject: [], ratios: [], memory: [] };
  for (let i = -1; i < runs; i++) {
    const a = timed(base);
    const b = timed(subject);
    if (i < 0) continue;
    times.base.push(a.seconds);
    times.subject.push(b.seconds);
    times.ratios.push(b.seconds / a.seconds);
    times.memory.push(b.megabytes);
  }
  return times;
}

/** Wall seconds of one process, and its peak memory in MB, which it reports itself where it can. */
function timed(args) {
  const before = process.hrtime.bigint();
  const child = spawnSync(process.execPath, ['--import', peak, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  const seconds = Number(process.hrtime.bigint() - before) / 1e9;
  if (child.status !== 0) throw new Error(`${args.join(' ')} ended with ${child.status}: ${child.stderr}`);
  return { seconds, megabytes: Number(/peak (\d+)/.exec(child.stderr)?.[1] ?? 0) };
}

function report(subject, base, { base: a, subject: b, ratios, memory }) {
  const s = (values) => `${median(values).toFixed(2)} s`;
  process.stdout.write(
    `${subject}: ${s(b)}, ${base}: ${s(a)}, ratio ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}), peak ${median(memory)} MB\n`,
  );
}

function median(values) {
  const sorted = [...values].sort((x, y) => x - y);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
