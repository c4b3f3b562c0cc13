// Measures reach over generated meshes, stage by stage in one process each, and `explain` from start to end:
//   npm run bench:reach [-- SIZE...]      (default 1000 10000; 100000 takes about a minute and 4 GB)
// Ratios beside parsing the same bytes are what to quote; absolute times depend on the machine. Needs ../shared.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { bootstrap } from './bootstrap.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const shared = join(root, '..', 'shared');
/** As the launcher sets them for large inputs. */
const HEAP = ['--max-old-space-size=8192', '--min-semi-space-size=64', '--max-semi-space-size=64'];
const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1000, 10_000];

if (!existsSync(shared)) {
  process.stdout.write('bench:reach needs ../shared, which is not there\n');
  process.exit(0);
}
bootstrap(root);

const work = mkdtempSync(join(tmpdir(), 'meshproof-bench-'));
try {
  const bundle = await rolldown({ cwd: root, input: join(root, 'test/bench/reach.ts'), platform: 'node' });
  await bundle.write({ dir: work, format: 'esm', entryFileNames: 'reach.mjs' });
  await bundle.close();
  let before;
  for (const size of sizes) {
    const mesh = join(work, String(size));
    run([join(shared, 'tools/genmesh.mjs'), '--seed', '7', '--workloads', String(size), '--out', mesh, '--config']);
    const found = JSON.parse(run([...HEAP, join(work, 'reach.mjs'), mesh]));
    const { parse, model, reach, witnesses, deciding, edits, peak, ports, classes } = found;
    const s = (milliseconds) => `${(milliseconds / 1000).toFixed(2)} s`;
    const beyond = model + reach;
    const growth = before ? `, ${(beyond / before.beyond).toFixed(1)}× of ${before.size}` : '';
    process.stdout.write(
      `${size} workloads, ${ports} ports, ${classes} classes: parse ${s(parse)}, model ${s(model)}, compile and reach ${s(reach)}; ` +
        `beyond parsing ${s(beyond)} (${(beyond / parse).toFixed(2)}× of it${growth}), ${witnesses} witnesses decided ${s(deciding)}, one edited policy ${edits.toFixed(1)} ms, peak ${peak} MB\n`,
    );
    before = { size, beyond };
  }
  explain();
} finally {
  rmSync(work, { recursive: true, force: true });
}

function explain() {
  const input = join(shared, 'corpus/online-boutique');
  if (!existsSync(input)) return;
  const times = Array.from({ length: 7 }, () => {
    const start = performance.now();
    run([
      join(root, 'bin/meshproof.js'),
      'explain',
      input,
      '--from',
      'internet',
      '--to',
      'default/frontend:8080',
      '--quiet',
    ]);
    return performance.now() - start;
  }).sort((a, b) => a - b);
  const start = performance.now();
  run(['-e', '0']);
  const bare = performance.now() - start;
  process.stdout.write(
    `explain on online-boutique, with start: ${times[3]?.toFixed(0)} ms (node -e 0: ${bare.toFixed(0)} ms)\n`,
  );
}

function run(args) {
  const child = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (child.status !== 0) throw new Error(`${args.join(' ')} ended with ${child.status}: ${child.stderr}`);
  return child.stdout;
}
