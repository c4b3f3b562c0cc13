import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { applyChanges } from '../../../test/apply-changes.ts';
import { countOutcomes, factsOfFixture, factsOfText, failsOf } from '../../../test/judge-fixture.ts';
import { type Manifest, meshText, namespace, policy, selecting, workload } from '../../../test/small-mesh.ts';
import type { StatedAsset } from '../../graph/assets.ts';
import { compareMeshes } from '../../graph/compare/compare.ts';
import type { Facts } from '../../graph/facts.ts';
import { severityOf } from '../../findings/severity.ts';
import type { Explanation, Fail } from '../rule.ts';
import { idleRule } from './idle-rule.ts';

const url = (name: string) => new URL(`./idle-rule/${name}.yaml`, import.meta.url);

const failing = (facts: Facts): readonly Fail[] =>
  [...idleRule.judge(facts)].filter((outcome): outcome is Fail => outcome.kind === 'fail');

function explain(facts: Facts, name: string): Explanation {
  const fails = failing(facts).filter(({ cause }) => cause?.name === name);
  return idleRule.explain({ cause: fails[0]?.cause ?? null, causeKey: '', fails }, facts);
}

const to = (operation: Manifest): Manifest => ({ to: [{ operation }] });
const ap = (name: string, action: string, ...rules: Manifest[]): Manifest =>
  policy('AuthorizationPolicy', 'shop', name, { ...selecting('api'), action, rules });
const mesh = (...policies: Manifest[]): string =>
  meshText([namespace('shop'), ...workload('shop', 'api', { ports: { http: 8080 } }), ...policies]);

/** The mesh after the fix of one policy, with nothing opened or closed. */
function fixed(text: string, name: string): Facts {
  const facts = factsOfText(text, 'mesh.yaml');
  const after = factsOfText(applyChanges(text, explain(facts, name).remediation.changes), 'after.yaml');
  expect(compareMeshes(facts, after)).toMatchObject({ opened: [], closed: [] });
  return after;
}

describe('authz/idle-rule', () => {
  it('fails policies with idle rules, with the place and the reason of each', () => {
    const facts = factsOfFixture(url('vulnerable'));
    expect(failsOf(idleRule, facts)).toEqual([
      'shop/callers — AuthorizationPolicy shop/callers:41',
      'shop/no-delete — AuthorizationPolicy shop/no-delete:91',
    ]);
    const [callers, noDelete] = failing(facts);
    expect(callers?.evidence).toEqual([
      {
        source: { file: 'vulnerable.yaml', line: 59, column: 7 },
        path: 'spec.rules[1]',
        shows:
          'ALLOW rules[1] matches only what is matched by shop/callers rules[0] (vulnerable.yaml:52:7); proved at 1 port (shop/orders:8080)',
      },
      {
        source: { file: 'vulnerable.yaml', line: 67, column: 7 },
        path: 'spec.rules[2]',
        shows:
          'ALLOW rules[2] admits only what is denied by shop/no-internal rules[0] (vulnerable.yaml:86:7); proved at 1 port (shop/orders:8080)',
      },
    ]);
    expect(noDelete?.evidence.map(({ shows }) => shows)).toEqual([
      'DENY rules[0] matches no request: it names port 80, which no workload that it applies to declares; proved at 1 port (shop/orders:8080)',
    ]);
    // No ALLOW admits anything at port 80, so that nothing depends on what listens there; without one, it would.
    expect(noDelete?.assumes.join()).not.toContain('port 80');
    const [alone] = failing(factsOfText(mesh(ap('d', 'DENY', to({ ports: ['80'] }))), 'mesh.yaml'));
    expect(alone?.assumes).toContain('nothing listens at port 80, which no workload that it applies to declares');
  });

  it('passes the hardened mesh', () => {
    expect(countOutcomes(idleRule, factsOfFixture(url('hardened')))).toEqual({ fail: 0, pass: 2, 'not-applicable': 0 });
  });

  it('takes the rules out, and nothing else changes', () => {
    const text = readFileSync(url('vulnerable'), 'utf8');
    const facts = factsOfText(text, 'mesh.yaml');
    expect(explain(facts, 'callers')).toMatchObject({
      title: 'ALLOW shop/callers: 2 of 3 rules decide nothing',
      remediation: { summary: 'take rules[1, 2] out of shop/callers' },
    });
    expect(explain(facts, 'no-delete')).toMatchObject({
      title: 'DENY shop/no-delete is dead: its rule decides nothing',
      remediation: { summary: 'delete shop/no-delete' },
    });
    expect(failing(fixed(text, 'callers')).map(({ subject }) => subject.name)).not.toContain('callers');
    expect(failing(fixed(text, 'no-delete')).map(({ subject }) => subject.name)).not.toContain('no-delete');
  });

  it('keeps an ALLOW policy that closes by being there', () => {
    const never = to({ paths: ['/a'], notPaths: ['/*'] });
    const alone = mesh(ap('a', 'ALLOW', never));
    expect(explain(factsOfText(alone, 'mesh.yaml'), 'a').remediation.summary).toBe(
      'take its rule out of shop/a, and keep the policy',
    );
    expect(failing(fixed(alone, 'a'))).toEqual([]);
    // Each of two would be missed by nobody; both would.
    const shadow = policy('AuthorizationPolicy', 'shop', 'dry', {}, { annotations: { 'istio.io/dry-run': 'true' } });
    const both = mesh(ap('a', 'ALLOW', never), ap('b', 'ALLOW', never), shadow);
    const facts = factsOfText(both, 'mesh.yaml');
    const patches = ['a', 'b'].flatMap((name) => explain(facts, name).remediation.changes);
    const after = factsOfText(applyChanges(both, patches), 'after.yaml');
    expect(compareMeshes(facts, after)).toMatchObject({ opened: [], closed: [] });
    const beside = mesh(ap('a', 'ALLOW', never), ap('b', 'ALLOW', to({ paths: ['/b'] })));
    expect(explain(factsOfText(beside, 'mesh.yaml'), 'a').remediation.summary).toBe('delete shop/a');
    fixed(beside, 'a');
  });

  it('is LOW, and MEDIUM for a DENY that cannot match at a sensitive workload', () => {
    const severities = (assets: readonly StatedAsset[]) =>
      failing(
        factsOfText(
          mesh(
            ap('a', 'ALLOW', to({ paths: ['/a'] }), to({ paths: ['/a'] })),
            ap('d', 'DENY', to({ paths: ['/a'], notPaths: ['/*'] })),
          ),
          'mesh.yaml',
          { assets },
        ),
      ).map(({ subject, factors }) => `${subject.name} ${severityOf(factors).severity}`);
    expect(severities([])).toEqual(['a LOW', 'd LOW']);
    expect(severities([{ select: { workload: 'shop/api' }, sensitivity: 'critical' }])).toEqual(['a LOW', 'd MEDIUM']);
  });

  it('says what it does not judge', () => {
    const facts = factsOfText(
      mesh(
        ap('audit', 'AUDIT', {}),
        policy('AuthorizationPolicy', 'shop', 'empty', {}),
        policy('AuthorizationPolicy', 'shop', 'gone', { ...selecting('gone'), rules: [{}] }),
      ),
      'mesh.yaml',
    );
    expect([...idleRule.judge(facts)].map((each) => [each.subject.name, each.kind, 'why' in each && each.why])).toEqual(
      [
        ['audit', 'not-applicable', 'AUDIT rules are not judged'],
        ['empty', 'not-applicable', 'it has no rules'],
        ['gone', 'not-applicable', 'no proxy of the input was asked about its rules'],
      ],
    );
  });

  it('names the conditions that exclude each other, at their lines', () => {
    const facts = factsOfText(
      mesh(ap('a', 'ALLOW', to({ paths: ['/a'], notPaths: ['/a*'] }), to({ paths: ['/b'] }))),
      'mesh.yaml',
    );
    const [fail] = failing(facts);
    expect(fail?.evidence).toMatchObject([
      {
        shows: expect.stringMatching(
          /matches no request: `paths` \(mesh\.yaml:\d+:\d+\) and `notPaths` \(mesh\.yaml:\d+:\d+\) exclude each other, on the path; proved at/,
        ),
      },
    ]);
  });
});
