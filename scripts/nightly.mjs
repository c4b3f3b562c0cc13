// What runs too long for every change: a million random pairs of mesh and request through `decide` and the algebra. A seed of the day, or the one
// that is given: `npm run nightly -- 20261125`. Then plans for thirty generated meshes, held against what was planted. A failure prints the smallest mesh that shows it; it becomes a case in test/algebra.
import { spawnSync } from 'node:child_process';

const seed = process.argv[2] ?? new Date().toISOString().slice(0, 10).replaceAll('-', '');
const pairs = process.env.MESHPROOF_PAIRS ?? '1000000';
process.stdout.write(`${pairs} pairs, seed ${seed}\n`);
const suites = ['test/algebra/algebra.test.ts', 'test/algebra/gateways.test.ts', 'test/corpus/plan.test.ts'];
const { status } = spawnSync('npx', ['vitest', 'run', ...suites, '--testTimeout=7200000'], {
  stdio: 'inherit',
  env: { ...process.env, MESHPROOF_PAIRS: pairs, MESHPROOF_SEED: seed, MESHPROOF_PLANS: '1-10:200,800,2000' },
});
process.exitCode = status ?? 1;
