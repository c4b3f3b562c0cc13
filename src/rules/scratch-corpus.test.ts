import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readText } from '../collect/collect.ts';
import { loadMesh } from '../engine/load-mesh.ts';
import { makeFacts } from '../graph/make-facts.ts';
import { Enforcement } from '../semantics/enforcement.ts';
import { buildFindings } from '../findings/build-findings.ts';
import { RULES } from './index.ts';
const file = process.env.MESH!;
it('x', () => {
  const read = readText(readFileSync(file, 'utf8'), file);
  const { mesh } = loadMesh(read.objects, {});
  const facts = makeFacts(new Enforcement(mesh));
  console.log('workloads', mesh.workloads.length);
  // warm up what all rules share
  let t0 = performance.now();
  for (const w of mesh.workloads) for (const p of facts.ports(w)) { void p.access; }
  console.log('access', Math.round(performance.now()-t0));
  for (const rule of RULES.filter(r => /dry-run|http-only|egress/.test(r.meta.id))) {
    t0 = performance.now();
    const outcomes = [...rule.judge(facts)];
    const t1 = performance.now();
    let ex=0; const wrapped = {...rule, explain: (g: any, f: any) => { const t=performance.now(); const r = rule.explain(g,f); ex += performance.now()-t; return r; }}; const built = buildFindings(wrapped, outcomes, facts); console.log('EXPLAIN ONLY', ex);
    const t2 = performance.now();
    console.log(rule.meta.id, JSON.stringify(built.run), 'judge', Math.round(t1-t0), 'explain', Math.round(t2-t1));
    for (const f of built.findings.slice(0, 6)) console.log(`  ${f.severity} ${f.status} ${f.confidence} ${f.title}\n     ${f.factors.join(' | ')}\n     ${f.scenario}\n     ${f.remediation.summary}\n     ${f.remediation.steps.join('\n     - ')}\n     patches: ${f.remediation.patches.map(p=>p.objects.join(',')).join(' ; ')}`);
  }
  expect(1).toBe(1);
});
