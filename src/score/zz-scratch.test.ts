import { test } from 'vitest';
import { audit } from '../engine/audit.ts';
test('x', async () => {
  for (const path of ['../shared/samples/real-mesh/manifests.yaml', '../shared/corpus/kubeflow/platform.yaml', 'examples/payments-hardened']) {
    try {
      const r = await audit([{ path }], {}, { cwd: process.cwd(), stdin: async () => '' } as never);
      console.log(path, JSON.stringify({ verdict: r.verdict, why: r.verdictWhy, score: r.score, maturity: r.maturity, confidence: r.confidence }, null, 1));
      for (const d of r.dimensions) console.log(d.id, d.configured, d.rating, d.status, d.coverage.map((c) => `${c.have}/${c.of} ${c.what}`).join(' | '), '=>', d.next);
      for (const f of r.findings) console.log(f.severity, f.id, f.confidence, f.title, '|', f.factors.join(' ; '), '|', f.subjects.length);
    } catch (e) { console.log(path, (e as Error).stack); }
  }
}, 120000);
