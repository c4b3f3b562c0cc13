import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootstrap } from '../../scripts/bootstrap.mjs';
import { mutation } from '../../src/result/mutation.ts';
import { meshproof, root } from './meshproof.ts';

const SUITE = join(root, 'examples/payments-hardened/tests.yaml');
let folder = '';

beforeAll(() => {
  bootstrap(root);
  folder = mkdtempSync(join(tmpdir(), 'meshproof-mutate-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const mutate = (...args: readonly string[]) => {
  const { code, out } = meshproof(['test', '--mutate', ...args, '--format', 'json']);
  return { code, out, result: mutation.parse(JSON.parse(out)) };
};

describe('meshproof test --mutate', () => {
  it('scores a suite, and the tests that it proposes leave nothing unnoticed', () => {
    const before = mutate(SUITE);
    expect(before.code).toBe(1);
    expect(before.result.score.killed).toBeGreaterThan(0);
    expect(before.result.survivors.length).toBe(before.result.score.of - before.result.score.killed);
    expect(mutate(SUITE).out).toBe(before.out);

    const suite = load(readFileSync(SUITE, 'utf8')) as { resources: string[] };
    const missing = load(before.result.yaml) as { cases: unknown[] };
    const resources = suite.resources.map((each) => join(root, 'examples/payments-hardened', each));
    const complete = join(folder, 'tests.json');
    writeFileSync(complete, JSON.stringify({ ...suite, resources, ...missing }));
    expect(meshproof(['test', complete]).code).toBe(0);
    // Beside the suite of before: its own cases notice what they did, these the rest.
    const after = mutate(SUITE, complete);
    expect(after.result.survivors).toEqual([]);
    expect([after.code, after.result.score.percent]).toEqual([0, 100]);
  });

  it('takes a mesh without tests, and says where a fault would be and what it would let through', () => {
    const { code, out } = meshproof(['test', '--mutate', 'examples/payments']);
    expect(code).toBe(1);
    expect(out).toMatch(/^mutation score 0 %: 0 of \d+ faults noticed\n {2}no tests/);
    expect(out).toMatch(/policies\.yaml:\d+\n {6}(lets through|refuses) /);
    expect(out).toContain('cases:\n  - name: ');
  });

  it('has no JUnit output', () => {
    const { code, err } = meshproof(['test', '--mutate', SUITE, '--format', 'junit']);
    expect([code, err]).toEqual([2, expect.stringContaining('no JUnit output')]);
  });
});
