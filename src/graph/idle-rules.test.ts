import { describe, expect, it } from 'vitest';
import { factsOfText } from '../../test/judge-fixture.ts';
import { type Manifest, meshText, namespace, policy, selecting, workload } from '../../test/small-mesh.ts';
import { findIdleRules, judgeRules } from './idle-rules.ts';

const to = (operation: Manifest): Manifest => ({ to: [{ operation }] });
const source = (fields: Manifest, more: Manifest = {}): Manifest => ({ from: [{ source: fields }], ...more });
const ap = (name: string, action: string, ...rules: Manifest[]): Manifest =>
  policy('AuthorizationPolicy', 'shop', name, { ...selecting('api'), action, rules });

/** Idle rules as `policy rule: kind by …`. */
function idleIn(policies: readonly Manifest[], labels?: Readonly<Record<string, string>>): readonly string[] {
  const mesh = [namespace('shop', labels), ...workload('shop', 'api', { ports: { http: 8080 } }), ...policies];
  return findIdleRules(factsOfText(meshText(mesh), 'mesh.yaml').enforcement).map(({ policy: { name }, index, why }) => {
    const by = 'by' in why ? ` by ${why.by.map((each) => `${each.name} ${each.rule}`).join(', ')}` : '';
    return `${name} ${index}: ${why.kind}${by}`;
  });
}

describe('findIdleRules', () => {
  it('finds rules that no request can match', () => {
    expect(
      idleIn([
        ap('a', 'ALLOW', to({ paths: ['/a'], notPaths: ['/*'] }), to({ paths: ['/ok'] })),
        ap('b', 'ALLOW', to({ paths: ['/x?y=1'] }), to({ paths: ['/a/../b'] }), to({ ports: ['9090'] })),
        ap('c', 'ALLOW', source({ requestPrincipals: ['*'] })),
        ap('d', 'DENY', source({ namespaces: ['x'], notNamespaces: ['x'] })),
      ]),
    ).toEqual([
      'd 0: never-matches',
      'a 0: never-matches',
      'b 0: never-matches',
      'b 1: never-matches',
      'b 2: never-matches',
      'c 0: never-matches',
    ]);
  });

  it('takes no two values of one header for a contradiction', () => {
    const both = { when: ['v', 'w'].map((value) => ({ key: 'request.headers[x-a]', values: [value] })) };
    expect(idleIn([ap('a', 'ALLOW', both)])).toEqual([]);
    expect(
      idleIn([ap('a', 'ALLOW', { when: [...both.when, { key: 'request.headers[x-a]', notValues: ['v*'] }] })]),
    ).toEqual(['a 0: never-matches']);
  });

  it('says which conditions exclude each other, and where they stand', () => {
    const conflicts = (policies: readonly Manifest[]): readonly (readonly [string | undefined, ...string[]])[] => {
      const mesh = [namespace('shop'), ...workload('shop', 'api', { ports: { http: 8080 } }), ...policies];
      return findIdleRules(factsOfText(meshText(mesh), 'mesh.yaml').enforcement).map(({ why }) => {
        const because = why.kind === 'never-matches' ? why.because : undefined;
        return [because?.about, ...(because?.conditions ?? []).map(({ clause = '' }) => clause)];
      });
    };
    expect(
      conflicts([
        ap(
          'a',
          'ALLOW',
          source(
            { principals: ['cluster.local/ns/x/sa/y'] },
            to({ methods: ['GET'], paths: ['/a'], notPaths: ['/a*'] }),
          ),
          source({ namespaces: ['x'], notNamespaces: ['x'] }, to({ paths: ['/a'] })),
          {
            ...to({ paths: ['/a'] }),
            when: [
              { key: 'request.headers[x-a]', values: ['v'] },
              { key: 'request.headers[x-a]', notValues: ['v*'] },
            ],
          },
          { ...to({ paths: ['/a*'] }), when: [{ key: 'request.headers[:path]', values: ['/b'] }] },
          to({ paths: ['/a/../b'] }),
          // Every path starts with a slash.
          to({ paths: ['/a'], notPaths: ['/*'] }),
          source({ requestPrincipals: ['*'] }),
        ),
      ]),
    ).toEqual([
      ['path', 'paths', 'notPaths'],
      ["caller's identity", 'namespaces', 'notNamespaces'],
      ['header x-a', 'request.headers[x-a]', 'request.headers[x-a]'],
      ['path', 'request.headers[:path]', 'paths'],
      ['path', 'paths'],
      ['path', 'notPaths'],
      ['token', 'requestPrincipals'],
    ]);
  });

  it('says that tokens are accepted of other issuers only', () => {
    const mesh = [
      namespace('shop'),
      ...workload('shop', 'api', { ports: { http: 8080 } }),
      policy('RequestAuthentication', 'shop', 'jwt', { jwtRules: [{ issuer: 'https://a' }] }),
      ap('a', 'ALLOW', source({ requestPrincipals: ['https://b/*'] })),
    ];
    const [rule] = findIdleRules(factsOfText(meshText(mesh), 'mesh.yaml').enforcement);
    expect(rule?.why).toMatchObject({
      kind: 'never-matches',
      because: { withTokens: true, conditions: [{ clause: 'requestPrincipals', location: { file: 'mesh.yaml' } }] },
    });
  });

  it('finds ALLOW rules that are denied whole, with the fewest DENY rules that do it', () => {
    expect(
      idleIn([
        ap('a', 'ALLOW', to({ paths: ['/admin/x', '/admin/y'] }), to({ paths: ['/*'] })),
        ap('d', 'DENY', to({ paths: ['/admin*'] }), to({ paths: ['/other'] })),
      ]),
    ).toEqual(['a 0: always-denied by d 0']);
  });

  it('finds rules that others cover, also together', () => {
    expect(
      idleIn([
        ap('a', 'ALLOW', to({ methods: ['GET'], paths: ['/a*'] }), to({ methods: ['GET'], paths: ['/ab', '/b/c'] })),
        ap('b', 'ALLOW', to({ paths: ['/b/*'] })),
      ]),
    ).toEqual(['a 1: covered by a 0, b 0']);
  });

  it('leaves the first of two that say the same', () => {
    const rule = to({ paths: ['/a'] });
    expect(idleIn([ap('a', 'ALLOW', rule), ap('b', 'ALLOW', rule)])).toEqual(['b 0: covered by a 0']);
  });

  it('finds DENY rules that take nothing from what is allowed', () => {
    expect(idleIn([ap('a', 'ALLOW', to({ paths: ['/a'] })), ap('d', 'DENY', to({ paths: ['/b'] }))])).toEqual([
      'd 0: nothing-to-deny',
    ]);
  });

  it('reads rules at ztunnel as ztunnel does', () => {
    const ambient = { 'istio.io/dataplane-mode': 'ambient' };
    expect(idleIn([ap('a', 'ALLOW', to({ ports: ['9090'] }), source({ namespaces: ['web'] }))], ambient)).toEqual([
      'a 0: never-matches',
    ]);
  });

  const judge = (manifests: readonly Manifest[]): Readonly<Record<string, readonly string[]>> =>
    Object.fromEntries(
      [...judgeRules(factsOfText(meshText(manifests), 'mesh.yaml').enforcement)].map(([{ name }, rules]) => [
        name,
        [...rules.values()].map(({ kind }) => kind),
      ]),
    );

  it('does not mistake one workload for another whose sets are as trivial', () => {
    const closed = { ...to({ paths: ['/a'], notPaths: ['/*'] }) };
    const each = (name: string): readonly Manifest[] => [
      ...workload('shop', name, { ports: { http: 8080 } }),
      policy('AuthorizationPolicy', 'shop', `of-${name}`, { ...selecting(name), action: 'ALLOW', rules: [closed] }),
      policy('AuthorizationPolicy', 'shop', `any-${name}`, { ...selecting(name), action: 'ALLOW', rules: [{}] }),
    ];
    expect(judge([namespace('shop'), ...each('one'), ...each('two')])).toEqual({
      'of-one': ['idle'],
      'any-one': ['decides'],
      'of-two': ['idle'],
      'any-two': ['decides'],
    });
  });

  it('asks at ports that nobody declares too, which the proxy serves by the same rules', () => {
    const mesh = [namespace('shop'), ...workload('shop', 'api', { ports: { http: 8080 } })];
    const wide = ap('a', 'ALLOW', to({ ports: ['8080'] }), source({ namespaces: ['web'] }));
    // At 8080 the first rule covers the second; at any other port only the second is left.
    expect(judge([...mesh, wide])).toEqual({ a: ['decides', 'decides'] });
    const [typo] = findIdleRules(
      factsOfText(meshText([...mesh, ap('b', 'ALLOW', to({ ports: ['80'] }), to({ ports: ['8080'] }))]), 'mesh.yaml')
        .enforcement,
    );
    expect(typo).toMatchObject({ index: 0, why: { kind: 'never-matches' }, unless: [80] });
  });

  it('knows that a policy without a rule that is left admits nothing', () => {
    const mesh = [namespace('shop'), ...workload('shop', 'db', { ports: { tcp: 5432 } })];
    const manifest = (name: string, spec: Manifest): Manifest => policy('AuthorizationPolicy', 'shop', name, spec);
    const deny = { action: 'DENY', rules: [source({ namespaces: ['web'] })] };
    expect(judge([...mesh, manifest('d', deny)])).toEqual({ d: ['decides'] });
    expect(judge([...mesh, manifest('none', {}), manifest('d', deny)])).toEqual({ d: ['idle'] });
  });
});
