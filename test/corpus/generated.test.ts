import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { audit } from '../../src/engine/audit.ts';
import { runSuites } from '../../src/engine/policy-test/run-suites.ts';
import { auditResult } from '../../src/result/schema.ts';
import { NO_SHARED } from './corpus.ts';
import { makeWorkshop } from './generated-meshes.ts';

const { folder, io, tool, generate, remove } = makeWorkshop('generated');
afterAll(remove);

describe.skipIf(NO_SHARED)(`generated meshes${NO_SHARED ? ` (skipped: ${NO_SHARED})` : ''}`, () => {
  it.each([
    [7, 200],
    [3, 200],
    [11, 400],
  ])('seed %i, %i workloads: every sampled request comes out as planted', async (seed, workloads) => {
    const mesh = generate(seed, workloads);
    writeFileSync(join(folder, `${mesh}.yaml`), tool('truth2suite.mjs', `${mesh}.json`, mesh));
    const { cases, passed } = await runSuites([`${mesh}.yaml`], io);
    expect(cases.filter(({ pass }) => !pass).map(({ name, got, reason }) => ({ name, got, reason }))).toEqual([]);
    expect(passed).toBe(2000);
  });

  it('audits 1,000 workloads: a valid result in which every workload is in the mesh but those that were planted outside', async () => {
    const mesh = generate(7, 1000);
    const result = await audit([{ path: mesh }], {}, io);
    expect(() => auditResult.parse(JSON.parse(JSON.stringify(result)))).not.toThrow();
    expect(result.inventory.workloads.length).toBeGreaterThanOrEqual(1000);
    expect(result.verdict).toBe('HIGH RISK');
    expect(result.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(new Set(result.findings.map(({ fingerprint }) => fingerprint)).size).toBe(result.findings.length);
  });
});
