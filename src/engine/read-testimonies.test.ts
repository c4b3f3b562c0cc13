import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MESH } from '../../test/e2e/probed-mesh.ts';
import type { AuditResult } from '../result/types.ts';
import { audit } from './audit.ts';
import { runDrift } from './drift.ts';

let cwd = '';
beforeEach(() => {
  cwd = mkdtempSync(path.join(tmpdir(), 'meshproof-'));
  writeFileSync(path.join(cwd, 'mesh.yaml'), MESH);
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const io = () => ({ cwd, stdin: () => Promise.resolve(Buffer.alloc(0)) });
function write(...entries: readonly string[]): void {
  const list = entries.map((entry) => `  - ${entry}\n`).join('');
  writeFileSync(path.join(cwd, 'meshproof.yaml'), `apiVersion: meshproof.dev/v1\nkind: Config\nobservations:\n${list}`);
}
const audited = (...entries: readonly string[]): Promise<AuditResult> => {
  write(...entries);
  return audit([{ path: '.' }], {}, io());
};
const driftsIn = ({ findings }: AuditResult) => findings.filter(({ id }) => id.startsWith('drift/'));
const port = (result: AuditResult) => result.inventory.workloads.find(({ id }) => id === 'shop/api')?.ports[0];

const PLAINTEXT =
  '{ workload: shop/api, saw: accepts plaintext on 8080, at: 2026-11-20T10:00Z, by: on-call, how: curl }';

describe('observations of meshproof.yaml', () => {
  it('a plaintext connection that was taken beats the mode that is configured, and is a finding with its place', async () => {
    const result = await audited(PLAINTEXT);
    const [finding, ...others] = driftsIn(result);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ id: 'drift/mutual-tls', status: 'INFERRED' });
    expect(finding?.scenario).toContain(
      'on-call (curl) saw that it accepts plaintext on 8080; the configuration denies',
    );
    expect(finding?.evidence[0]).toMatchObject({
      source: { file: 'meshproof.yaml', line: 4 },
      path: 'observations',
      at: '2026-11-20T10:00:00.000Z',
    });
    expect(port(result)?.mtls).toMatchObject({ mode: 'PERMISSIVE' });
  });

  it('a refused one proves nothing, and removes no weakness', async () => {
    writeFileSync(path.join(cwd, 'mesh.yaml'), MESH.replace('mode: STRICT', 'mode: PERMISSIVE'));
    const before = await audited('{ workload: shop/web, saw: refuses plaintext on 9999 }');
    const refused = await audited('{ workload: shop/web, saw: refuses plaintext on 8080 }');
    expect(driftsIn(before)).toEqual([]);
    expect(driftsIn(refused)).toMatchObject([{ id: 'drift/mutual-tls', status: 'INFERRED' }]);
    const accepted = await audited('{ workload: shop/web, saw: accepts plaintext on 8080 }');
    expect(driftsIn(accepted)).toEqual([]);
    const kept = (result: AuditResult) =>
      result.findings
        .filter(({ id }) => !id.startsWith('drift/'))
        .map(({ fingerprint }) => fingerprint)
        .sort();
    expect(kept(refused)).toEqual(kept(before));
    expect(refused.confidence.value ?? 0).toBeLessThan(before.confidence.value ?? 0);
  });

  it('a request that was answered otherwise than the policies say', async () => {
    const result = await audited(
      '{ workload: shop/api, saw: allows GET /admin from shop/web on 8080 }',
      '{ workload: shop/api, saw: denies GET /admin from shop/web on 8080 }',
      '{ workload: shop/api, saw: { allows: { from: { workload: shop/web }, to: { workload: shop/api, port: 8080 }, http: { method: GET, path: /items } } } }',
    );
    expect(driftsIn(result)).toMatchObject([
      { id: 'drift/policies', witness: { from: { workload: 'shop/web' }, http: { path: '/admin' } } },
    ]);
    expect(port(result)?.authorization.status).toBe('UNKNOWN');
  });

  it('what agrees proves nothing', async () => {
    const result = await audited('{ workload: shop/api, saw: refuses plaintext on 8080 }');
    expect(driftsIn(result)).toEqual([]);
    expect(port(result)).toMatchObject({ mtls: { mode: 'STRICT', status: 'INFERRED' } });
  });

  it('drift tells them too', async () => {
    write(PLAINTEXT);
    const { answer } = await runDrift([{ path: '.' }], {}, io());
    expect(answer).toMatchObject({
      agrees: false,
      workloads: [{ workload: 'shop/api', drifts: [{ kind: 'mutual-tls' }] }],
    });
  });

  it('what nobody knows is left out and named; what is not understood is an error with its line', async () => {
    const { diagnostics } = await audited(
      '{ workload: shop/apj, saw: accepts plaintext on 8080 }',
      '{ workload: shop/api, saw: allows GET / from shop/wep on 8080 }',
    );
    const said = diagnostics.filter(({ message }) => message.startsWith('an observation is left out'));
    expect(said).toMatchObject([
      { file: 'meshproof.yaml', line: 4, help: 'did you mean `shop/api`?' },
      { line: 5, message: expect.stringContaining('shop/wep') },
    ]);
    await expect(audited('{ workload: shop/api, saw: looks fine }')).rejects.toThrow(
      'meshproof.yaml:4: `saw: looks fine` is not understood',
    );
    await expect(audited('{ workload: shop/api, saw: accepts plaintext on 8080, at: noon }')).rejects.toThrow(
      'meshproof.yaml:4: `at: noon` is no time',
    );
  });
});
