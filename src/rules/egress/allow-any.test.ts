import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { applyChanges, changedLines, changesIn, patchesFor } from '../../../test/apply-changes.ts';
import { countOutcomes, factsOfFixture, factsOfText, failsOf } from '../../../test/judge-fixture.ts';
import type { Facts } from '../../graph/facts.ts';
import type { Explanation, Fail } from '../rule.ts';
import { allowAny } from './allow-any.ts';
import { registryOnlyAlone } from './registry-only-alone.ts';

const url = (name: string) => new URL(`./allow-any/${name}.yaml`, import.meta.url);
const textOf = (name: string) => readFileSync(url(name), 'utf8');

const failing = (facts: Facts): readonly Fail[] =>
  [...allowAny.judge(facts)].filter((outcome): outcome is Fail => outcome.kind === 'fail');

function explain(facts: Facts, subject: string): Explanation {
  const all = failing(facts);
  const one = all.find((fail) => fail.subject.name === subject);
  if (!one) throw new Error(`${subject} does not fail`);
  const { cause, causeKey } = one;
  const fails = all.filter((fail) => fail.causeKey === causeKey && fail.cause?.name === cause?.name);
  return allowAny.explain({ cause, causeKey, fails }, facts);
}

describe('egress/allow-any', () => {
  it('fails what the default opens, at the mesh config that leaves it so', () => {
    const facts = factsOfFixture(url('vulnerable'));
    expect(failsOf(allowAny, facts)).toEqual(['shop/web — ConfigMap istio-system/istio:7']);
    const [fail] = failing(facts);
    expect(fail?.assumes.join()).not.toContain('default ALLOW_ANY holds');
    expect(fail?.evidence[0]?.shows).toBe(
      "ALLOW_ANY: ConfigMap istio-system/istio does not set it, and Istio's default is ALLOW_ANY",
    );
  });

  it('is worse than REGISTRY_ONLY alone: it takes nothing to use it', () => {
    const [fail] = failing(factsOfFixture(url('vulnerable')));
    expect(fail?.factors).toMatchObject({ entry: 'plaintext', requires: [], breaches: 1, defenceInDepth: true });
  });

  it('passes over the hardened mesh, which the other rule passes', () => {
    const facts = factsOfFixture(url('hardened'));
    expect(countOutcomes(allowAny, facts)).toEqual({ fail: 0, pass: 0, 'not-applicable': 1 });
    expect(countOutcomes(registryOnlyAlone, facts)).toEqual({ fail: 0, pass: 1, 'not-applicable': 0 });
  });

  it('resolves which Sidecar counts, takes one without a mode for REGISTRY_ONLY, and leaves out who has no proxy', () => {
    const facts = factsOfFixture(url('edge-modes'));
    expect(failsOf(allowAny, facts)).toEqual([
      'drift/floating — ConfigMap istio-system/istio:14',
      'held/held — ConfigMap istio-system/istio:14',
      'shop/by-mesh — ConfigMap istio-system/istio:14',
      'shop/by-sidecar — Sidecar shop/by-sidecar:54',
    ]);
    expect(countOutcomes(allowAny, facts)).toEqual({ fail: 4, pass: 1, 'not-applicable': 3 });
    expect(failsOf(registryOnlyAlone, facts)).toEqual(['shop/zero-value — Sidecar shop/zero-value:71']);
  });

  it('counts a NetworkPolicy as compensation', () => {
    const held = failing(factsOfFixture(url('edge-modes'))).find(({ subject }) => subject.name === 'held');
    expect(held?.factors.compensations).toEqual([
      'NetworkPolicy held/inside-only keeps it from other addresses outside',
    ]);
    expect(held?.assumes).toContain('the CNI enforces NetworkPolicy');
  });

  it('makes every workload with a proxy of its own a subject of exactly one of the two rules', () => {
    for (const name of ['vulnerable', 'hardened', 'edge-modes']) {
      const facts = factsOfFixture(url(name));
      const subjects = (rule: typeof allowAny) =>
        [...rule.judge(facts)].flatMap((each) => (each.kind === 'not-applicable' ? [] : [each.subject.name]));
      const expected = facts.mesh.workloads
        .filter(({ dataPlane: { kind } }) => kind === 'sidecar' || kind === 'ambient')
        .map((each) => each.name);
      expect([...subjects(allowAny), ...subjects(registryOnlyAlone)].sort()).toEqual(expected.sort());
    }
  });

  it("says that it takes Istio's default where no mesh config is in the input", () => {
    const text = textOf('vulnerable');
    const without = text.replace(/---\napiVersion: v1\nkind: ConfigMap[\s\S]*?(?=---)/, '');
    expect(without).not.toBe(text);
    const facts = factsOfText(without, 'mesh.yaml');
    expect(failsOf(allowAny, facts)).toEqual(['shop/web — ALLOW_ANY (default)']);
    expect(failing(facts)[0]).toMatchObject({ cause: null, status: 'INFERRED' });
    expect(failing(facts)[0]?.assumes).toContain("Istio's default ALLOW_ANY holds: no mesh config is in the input");
    // Then the namespace gets a Sidecar, since the mesh config is not at hand.
    const { remediation, title } = explain(facts, 'web');
    expect(title).toBe(
      'nothing sets an outbound mode: by default (ALLOW_ANY) proxies let workload shop/web call any host',
    );
    const after = factsOfText(applyChanges(without, remediation.changes), 'after.yaml');
    expect(countOutcomes(registryOnlyAlone, after)).toEqual({ fail: 0, pass: 1, 'not-applicable': 0 });
  });

  it('adds the mode to the Sidecar that applies, where there is one and no mesh config', () => {
    const sidecar =
      'apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata:\n  name: default\n  namespace: shop\nspec:\n  egress:\n    - hosts: ["./*"]\n';
    const text = `${textOf('vulnerable').replace(/---\napiVersion: v1\nkind: ConfigMap[\s\S]*?(?=---)/, '')}---\n${sidecar}`;
    const { remediation } = explain(factsOfText(text, 'mesh.yaml'), 'web');
    const after = factsOfText(applyChanges(text, remediation.changes), 'after.yaml');
    expect(after.mesh.resources.find('Sidecar', 'shop', 'default')?.spec).toMatchObject({
      outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
      egress: [{ hosts: ['./*'] }],
    });
    expect(countOutcomes(registryOnlyAlone, after)).toEqual({ fail: 0, pass: 1, 'not-applicable': 0 });
  });

  it('changes the mesh config, explicit or not, and restricts the network with it', () => {
    const silent = explain(factsOfFixture(url('vulnerable')), 'web').remediation.changes;
    const [patch] = patchesFor(textOf('vulnerable'), silent);
    expect(patch && changedLines(patch)).toEqual(['+    outboundTrafficPolicy:', '+      mode: REGISTRY_ONLY']);
    const text = textOf('edge-modes');
    const { remediation, scenario, title } = explain(factsOfText(text, 'mesh.yaml'), 'by-mesh');
    expect(title).toBe(
      'ConfigMap istio-system/istio lets 2 workloads in 2 namespaces call any host (ALLOW_ANY_DYNAMIC_DNS)',
    );
    // Not of the one that the network holds back.
    expect(scenario).toContain('Code that gets to run in shop/by-mesh');
    const after = factsOfText(applyChanges(text, remediation.changes), 'after.yaml');
    expect(failsOf(allowAny, after)).toEqual([expect.stringMatching(/^shop\/by-sidecar — Sidecar/)]);
    expect(failsOf(registryOnlyAlone, after)).toEqual([expect.stringMatching(/^drift\/floating — ConfigMap/)]);
  });

  it('knows that at ztunnel only the network counts', () => {
    const text = textOf('edge-modes');
    const { remediation, title } = explain(factsOfText(text, 'mesh.yaml'), 'floating');
    expect(title).toContain('in ambient');
    expect(changesIn(remediation.changes)).toEqual(['add NetworkPolicy drift/restrict-egress']);
    const after = factsOfText(applyChanges(text, remediation.changes), 'after.yaml');
    expect(failsOf(allowAny, after).some((row) => row.startsWith('drift/'))).toBe(false);
  });
});
