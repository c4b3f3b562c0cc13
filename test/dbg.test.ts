import { it } from 'vitest';
import { waysIn } from '/work/wt/routes/src/graph/ways-in.ts';
import { loadGateway } from '/work/wt/routes/test/algebra/random-gateway.ts';
import { readFileSync } from 'node:fs';
it('x', () => {
  const random = JSON.parse(readFileSync('/tmp/case.json', 'utf8'));
  const { enforcement, workloads } = loadGateway(random);
  for (const w of workloads) for (const way of waysIn(enforcement, w, 8080)) {
    console.log(w.id, way.port, JSON.stringify(way.mayPass, (k, v) => k === 'machine' ? undefined : v));
    const lits: any[] = [];
    const rec = (f: any) => f.kind === 'literal' ? lits.push(f) : f.of.forEach(rec);
    rec(way.mayPass);
    for (const l of lits) console.log(l.axis.key, l.negated, way.solver.isEmpty(l));
  }
});
