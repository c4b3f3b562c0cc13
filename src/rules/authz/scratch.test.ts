import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { applyPatches } from '../../../test/apply-patches.ts';
import { factsOfFixture, factsOfText, failsOf, countOutcomes } from '../../../test/judge-fixture.ts';
import { httpOnlyDeny as rule } from './http-only-deny.ts';
it('x', () => {
  for (const f of ['vulnerable', 'hardened', 'edge-ports', 'edge-ambient']) {
    const url = new URL(`./http-only-deny/${f}.yaml`, import.meta.url);
    const facts = factsOfFixture(url);
    console.log(f, rule.meta.id, failsOf(rule, facts), countOutcomes(rule, facts));
    const groups = new Map();
    for (const o of rule.judge(facts)) {
      if (o.kind !== 'fail') continue;
      console.log(
        JSON.stringify(
          {
            s: `${o.subject.name}:${o.subject.port}`,
            f: o.factors,
            e: o.evidence.map((e) => [e.path, e.shows]),
            a: o.assumes,
            st: o.status,
            w: o.witness,
          },
          null,
          1,
        ),
      );
      const k = o.cause?.name + o.causeKey;
      groups.set(k, [...(groups.get(k) ?? []), o]);
    }
    for (const fails of groups.values()) {
      const e = rule.explain({ cause: fails[0].cause, causeKey: fails[0].causeKey, fails }, facts);
      console.log(JSON.stringify({ ...e, remediation: { ...e.remediation, patches: [] } }, null, 1));
      for (const p of e.remediation.patches) console.log(`${p.file}\n${p.diff}`);
      const after = factsOfText(applyPatches(readFileSync(url, 'utf8'), e.remediation.patches), 'after.yaml');
      console.log('AFTER', failsOf(rule, after));
    }
  }
  expect(1).toBe(1);
});
