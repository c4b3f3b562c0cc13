import { readFileSync } from 'node:fs';
import { it } from 'vitest';
import { factsOfText } from '../../test/judge-fixture.ts';
import { permissive } from '../rules/mtls/permissive.ts';
it('x', () => {
  for (const f of ['kubeflow/platform.yaml']) {
    let t=performance.now();
    const lap=(s:string)=>{const n=performance.now();console.log(s,Math.round(n-t));t=n};
    const facts = factsOfText(readFileSync(`../shared/corpus/${f}`, 'utf8'), f);
    lap('load');
    for (const w of facts.mesh.workloads) for (const p of facts.ports(w)) { console.log(w.id, w.dataPlane.kind, p.port.port, p.port.chain, p.mtls.mode, p.authorization.posture, p.access.plaintext?'PLAIN':'', p.access.anyIdentity?'ANY':[...p.access.identities.keys()].length) }
    lap('facts');
    const g=new Map();
    for (const o of permissive.judge(facts)) g.set(o.kind,(g.get(o.kind)??0)+1);
    console.log(g); lap('rule');
  }
});
