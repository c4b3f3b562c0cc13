import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { recogniseForm } from '../src/collect/observations/recognise.ts';
import { audit } from '../src/engine/audit.ts';
import { runExplain } from '../src/engine/explain/run-explain.ts';
import { runWhyDenied } from '../src/engine/why-denied/run-why-denied.ts';
import { runDrift } from '../src/engine/drift.ts';
import { renderers } from '../src/report/index.ts';
import { AMBIENT_MESH, ztunnelSays } from './ambient-scene.ts';
import { changed, evidenceOf, sample } from './seen-mesh.ts';

const folder = mkdtempSync(join(tmpdir(), 'meshproof-dumps-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const manifests = sample('manifests.yaml');
const dump = sample('config_dump.json');
const io = { cwd: folder, stdin: async () => Buffer.alloc(0) };

/** A mesh and a dump as files. */
function inputs(text: string): { path: string }[] {
  writeFileSync(join(folder, 'mesh.yaml'), manifests);
  writeFileSync(join(folder, 'dump.json'), text);
  return [{ path: 'mesh.yaml' }, { path: 'dump.json' }];
}

/** As many clusters as make it about so many bytes: what most of a large dump consists of. */
function grown(bytes: number): string {
  const cluster = JSON.stringify({
    version_info: '2026-11-23T20:38:58Z/3',
    cluster: { name: 'outbound|80||x.y.svc.cluster.local', metadata: { filler: 'x'.repeat(2000) } },
  });
  const many = `${cluster},`.repeat(Math.ceil(bytes / cluster.length));
  return changed(dump, [/"dynamic_active_clusters": \[/, `"dynamic_active_clusters": [${many}`]);
}

describe('questions beside a dump', () => {
  const ask = { from: 'demo/client-a-1', to: 'demo/server-1:8080', plaintext: true };

  it('are answered of what the proxy was seen to hold', async () => {
    const weaker = changed(manifests, ['mode: STRICT', 'mode: PERMISSIVE']);
    writeFileSync(join(folder, 'weaker.yaml'), weaker);
    writeFileSync(join(folder, 'dump.json'), dump);
    const configured = [{ path: 'weaker.yaml' }];
    const seen = [...configured, { path: 'dump.json' }];
    const explained = async (input: typeof seen) => (await runExplain(input, ask, {}, io)).explanation;
    const diagnosed = async (input: typeof seen) =>
      (await runWhyDenied(input, { url: 'http://server.demo:8080/ok' }, ask, {}, io)).denial.explanation;
    for (const answer of [explained, diagnosed]) {
      const [before, after] = [await answer(configured), await answer(seen)];
      // Nothing in plaintext has the identity that the policy asks for; with STRICT it does not get as far.
      expect(before.verdict).toBe('deny');
      expect(before.reason).not.toMatch(/mutual TLS|mTLS|plaintext/);
      expect(after.verdict).toBe('deny');
      expect(after.reason).toMatch(/mutual TLS|mTLS|plaintext/);
    }
  });
});

describe('dumps of ztunnel as they come', () => {
  const files = (text: string): { path: string }[] => {
    writeFileSync(join(folder, 'ambient.yaml'), AMBIENT_MESH);
    writeFileSync(join(folder, 'ztunnel.json'), text);
    return [{ path: 'ambient.yaml' }, { path: 'ztunnel.json' }];
  };

  it('one that is cut is said to be, and proves nothing', async () => {
    const whole = ztunnelSays();
    for (const share of [0.1, 0.5, 0.9, 0.99]) {
      const { diagnostics, inventory } = await audit(files(whole.slice(0, Math.floor(whole.length * share))), {}, io);
      const isSaid = diagnostics.some(({ file, severity }) => file === 'ztunnel.json' && severity === 'error');
      expect({ share, status: inventory.workloads[0]?.dataPlane.status, isSaid }).toEqual({
        share,
        status: 'INFERRED',
        isSaid: true,
      });
    }
    expect((await audit(files(whole), {}, io)).inventory.workloads[0]?.dataPlane.status).toBe('VERIFIED');
  });

  it('a secret in it never gets into any output', async () => {
    const secret = 'PLANTED-c2VjcmV0';
    const planted = ztunnelSays((says) => {
      Object.assign(says.config, { caHeaders: [['authorization', secret]], token: secret });
      Object.assign(says, { certificates: [{ identity: 'spiffe://x', state: secret, certChain: [{ pem: secret }] }] });
      for (const workload of says.workloads) workload.note = secret;
    });
    const result = await audit(files(planted), {}, io);
    const texts = [JSON.stringify(result), JSON.stringify((await runDrift(files(planted), {}, io)).answer)];
    for (const make of Object.values(renderers)) {
      const render = await make();
      texts.push(render(result, { width: 100, color: false, verbose: true, residualOnly: false }));
    }
    for (const text of texts) expect(text).not.toContain(secret);
    expect(result.inventory.workloads[0]?.dataPlane.status).toBe('VERIFIED');
  });
});

describe('dumps as they come', () => {
  it('100 MB cost what their listeners cost', { timeout: 60_000 }, () => {
    // As a file is read: V8 keeps what was put together as parts, and copies it when it is first looked at.
    const text = Buffer.from(grown(100 * 2 ** 20)).toString('latin1');
    expect(text.length).toBeGreaterThan(100 * 2 ** 20);
    const before = process.memoryUsage().heapUsed;
    const outcome = recogniseForm(text)?.read(text, { file: 'dump.json', cluster: '' });
    const grownBy = (process.memoryUsage().heapUsed - before) / 2 ** 20;
    expect(outcome).toMatchObject({ observations: [{ kind: 'envoy-config-dump' }] });
    expect(JSON.stringify(outcome).length).toBeLessThan(2 ** 20);
    expect(grownBy).toBeLessThan(64);
  });

  it('one that is cut is said to be, and proves nothing', async () => {
    const cuts = [0.1, 0.3, 0.5, 0.7, 0.9, 0.99].map((share) => dump.slice(0, Math.floor(dump.length * share)));
    for (const text of cuts) {
      const { diagnostics, inventory } = await audit(inputs(text), {}, io);
      const server = inventory.workloads.find(({ name }) => name === 'server-1');
      const isWhole = server?.dataPlane.status === 'VERIFIED';
      const isSaid = diagnostics.some(({ file, severity }) => file === 'dump.json' && severity === 'error');
      expect({ at: text.length, isWhole, isSaid }).toEqual({ at: text.length, isWhole: false, isSaid: true });
    }
  });

  it('garbage in the form of a dump ends in a diagnostic, not in an exception', async () => {
    const broken = [
      '{"configs": [{"@type": "type.googleapis.com/envoy.admin.v3.BootstrapConfigDump"}]}',
      '{"configs": [1, null, "x", {"@type": "type.googleapis.com/envoy.admin.v3.BootstrapConfigDump", "bootstrap": []}]}',
      changed(dump, [/"filter_chains": \[/g, '"filter_chains": [null, 7, "x", {"filters": 3}, ']),
      changed(dump, [/"dynamic_listeners": \[/, '"dynamic_listeners": [null, 4, [], {"active_state": 1}, ']),
    ];
    for (const text of broken) await expect(audit(inputs(text), {}, io)).resolves.toBeDefined();
  });

  it('another version of Envoy with fields that nobody knows is read all the same', () => {
    const newer = changed(dump, [/"filter_chain_match": \{/g, '"new_field": {"a": 1}, "filter_chain_match": {']);
    expect(evidenceOf(manifests, newer).all[0]?.ports.get(8080)?.authorization.state).toBe('verified');
  });

  it('a secret in it never gets into any output', async () => {
    const secret = 'PLANTED-c2VjcmV0';
    const planted = changed(
      dump,
      [/"MESH_ID": /, `"API_TOKEN": "${secret}", "MESH_ID": `],
      [/"inline_bytes": "/g, `"inline_bytes": "${secret}`],
      [/"server_name": "istio-envoy"/g, `"server_name": "istio-envoy", "note": "${secret}"`],
    );
    const result = await audit(inputs(planted), {}, io);
    const texts = [JSON.stringify(result)];
    for (const make of Object.values(renderers)) {
      const render = await make();
      texts.push(render(result, { width: 100, color: false, verbose: true, residualOnly: false }));
    }
    texts.push(JSON.stringify((await runDrift(inputs(planted), {}, io)).answer));
    expect(texts.length).toBeGreaterThan(4);
    for (const text of texts) expect(text).not.toContain(secret);
  });
});
