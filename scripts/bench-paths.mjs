// Measures attack graph, paths and plan over generated meshes with declared wanted traffic, in one process each:
//   npm run bench:paths [-- SIZE...]      (default 1000 10000)
// The whole plan is made up to 10,000 workloads, its first ten steps above. Ratios beside parsing the same bytes are what to quote. Needs ../shared.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { bootstrap } from './bootstrap.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const shared = join(root, '..', 'shared');
const HEAP = ['--max-old-space-size=8192', '--min-semi-space-size=64', '--max-semi-space-size=64'];
const WHOLE = 10_000;
const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1000, 10_000];

if (!existsSync(shared)) {
  process.stdout.write('bench:paths needs ../shared, which is not there\n');
  process.exit(0);
}
bootstrap(root);

const work = mkdtempSync(join(tmpdir(), 'meshproof-bench-'));
try {
  const bundle = await rolldown({ cwd: root, input: join(root, 'test/bench/paths.ts'), platform: 'node' });
  await bundle.write({ dir: work, format: 'esm', entryFileNames: 'paths.mjs', codeSplitting: false });
  await bundle.close();
  let before;
  for (const size of sizes) {
    const mesh = join(work, String(size));
    const options = ['--seed', '7', '--workloads', String(size), '--out', mesh, '--config', '--declare-wanted'];
    run([join(shared, 'tools/genmesh.mjs'), ...options]);
    const found = JSON.parse(run([...HEAP, join(work, 'paths.mjs'), mesh, ...(size <= WHOLE ? ['whole'] : [])]));
    const { parse, graph, search, first, plan, paths, steps, unclosed, peak } = found;
    const s = (milliseconds) => `${(milliseconds / 1000).toFixed(2)} s`;
    const growth = before ? ` (${((graph + search) / before.time).toFixed(1)}× of ${before.size})` : '';
    const whole = plan === undefined ? '' : `, whole plan ${s(plan)} (${steps} steps, ${unclosed} paths left)`;
    process.stdout.write(
      `${size} workloads, ${paths} paths: parse ${s(parse)}, graph ${s(graph)}, paths ${s(search)}${growth}, first ten steps ${s(first)}${whole}; ` +
        `graph and paths ${((graph + search) / parse).toFixed(2)}× of parsing, peak ${peak} MB\n`,
    );
    before = { size, time: graph + search };
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

function run(args) {
  const child = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (child.status !== 0) throw new Error(`${args.join(' ')} ended with ${child.status}: ${child.stderr}`);
  return child.stdout;
}
