import { describe, expect, it } from 'vitest';
import type { AuthorizationPolicy } from '../../model/istio/authorization-policy.ts';
import { meshOf } from '../../../test/mesh-of.ts';
import { meshText, policy } from '../../../test/small-mesh.ts';
import { namingOf } from './naming.ts';

const BUNDLE = ['cluster.local'];
const id = (namespace: string, account: string): string => `cluster.local/ns/${namespace}/sa/${account}`;

function policies(...specs: readonly Record<string, unknown>[]): readonly AuthorizationPolicy[] {
  const { mesh } = meshOf(meshText(specs.map((spec, i) => policy('AuthorizationPolicy', 'shop', `p${i}`, spec))));
  return mesh.resources.of('AuthorizationPolicy');
}

const from = (source: Record<string, unknown>, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  rules: [{ from: [{ source }], ...more }],
});
const naming = (...specs: readonly Record<string, unknown>[]) => namingOf(policies(...specs), BUNDLE);

describe('namingOf', () => {
  it('gives one shape to policies that differ in names alone, with the names as they are met', () => {
    const a = naming(from({ principals: [id('web', 'b'), id('web', 'a')] }));
    const b = naming(from({ principals: [id('pay', 'z'), id('app', 'y')] }));
    expect(a?.names).toEqual([id('web', 'b'), id('web', 'a')]);
    expect(b).toEqual({ ...a, names: [id('pay', 'z'), id('app', 'y')] });
  });

  it.each([
    ['number of names', from({ principals: [id('web', 'b')] })],
    ['the same name twice', from({ principals: [id('web', 'b'), id('web', 'b')] })],
    ['field', from({ notPrincipals: [id('web', 'b'), id('web', 'a')] })],
    ['action', { ...from({ principals: [id('web', 'b'), id('web', 'a')] }), action: 'DENY' }],
    [
      'operation',
      from({ principals: [id('web', 'b'), id('web', 'a')] }, { to: [{ operation: { methods: ['GET'] } }] }),
    ],
    [
      'condition',
      from({ principals: [id('web', 'b'), id('web', 'a')] }, { when: [{ key: 'source.ip', values: ['::1'] }] }),
    ],
    ['what else the source says', from({ principals: [id('web', 'b'), id('web', 'a')], ipBlocks: ['10.0.0.0/8'] })],
    ['any identity', from({ principals: [id('web', 'b'), '*'] })],
  ])('tells policies apart by %s', (_what, other) => {
    const found = naming(other);
    expect(found?.shape).toBeDefined();
    expect(found?.shape).not.toBe(naming(from({ principals: [id('web', 'b'), id('web', 'a')] }))?.shape);
  });

  it('sees whether a name comes back in another policy', () => {
    const twice = naming(from({ principals: [id('web', 'a')] }), {
      ...from({ principals: [id('web', 'a')] }),
      action: 'DENY',
    });
    const once = naming(from({ principals: [id('web', 'a')] }), {
      ...from({ principals: [id('web', 'b')] }),
      action: 'DENY',
    });
    expect(twice?.shape).not.toBe(once?.shape);
  });

  it.each([
    ['a pattern', { principals: ['cluster.local/ns/web/*'] }],
    ['a namespace', { namespaces: ['web'] }],
    ['a service account', { serviceAccounts: ['web/a'] }],
    ['another trust domain', { principals: ['old.example/ns/web/sa/a'] }],
    ['the identity that stands for those without a name', { principals: [id('some-namespace', 'some-workload')] }],
  ])('says nothing where a name stands beside %s', (_what, source) => {
    expect(naming(from(source), { ...from({ principals: [id('web', 'a')] }), action: 'DENY' })).toBeUndefined();
    expect(naming(from(source))?.names).toEqual([]);
  });

  it('says nothing where a condition looks at identities, or where there are several trust domains', () => {
    const looking = from({ principals: [id('web', 'a')] }, { when: [{ key: 'source.namespace', values: ['web'] }] });
    expect(naming(looking)).toBeUndefined();
    expect(
      namingOf(policies(from({ principals: [id('web', 'a')] })), ['cluster.local', 'old.example']),
    ).toBeUndefined();
  });

  it('tells short service accounts of two namespaces apart', () => {
    const spec = from({ serviceAccounts: ['a'] });
    const { mesh } = meshOf(
      meshText([policy('AuthorizationPolicy', 'shop', 'p', spec), policy('AuthorizationPolicy', 'pay', 'p', spec)]),
    );
    const [a, b] = mesh.resources.of('AuthorizationPolicy').map((each) => namingOf([each], BUNDLE)?.shape);
    expect(a).toBeDefined();
    expect(a).not.toBe(b);
  });
});
