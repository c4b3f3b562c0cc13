import { describe, expect, it } from 'vitest';
import { factsOfText } from '../../test/judge-fixture.ts';
import { type Manifest, meshText, namespace, policy, workload } from '../../test/small-mesh.ts';
import type { Resource } from '../model/resource.ts';
import { decide } from '../semantics/decide.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import { withPolicies } from './apply.ts';

const DENY = policy('AuthorizationPolicy', 'shop', 'deny', {});
const { enforcement, mesh } = factsOfText(
  meshText([
    namespace('shop'),
    namespace('other'),
    ...workload('shop', 'store', { ports: { http: 8080 } }),
    ...workload('other', 'job', { ports: { http: 8080 } }),
    DENY,
  ]),
  'mesh.yaml',
);
const proposed = (manifest: Manifest): Resource => {
  const [found] = factsOfText(meshText([manifest]), 'change.yaml').mesh.resources.of(
    manifest.kind as 'AuthorizationPolicy',
  );
  if (!found) throw new Error('no policy');
  return found;
};

function passes(changed: Enforcement, name: string): boolean {
  const found = mesh.workloads.find((each) => each.name === name);
  if (!found) throw new Error(name);
  const source = { position: { kind: 'unstated' }, identity: null, connects: 'plaintext' } as const;
  const http = { method: 'GET', path: '/', host: name, headers: [] };
  return (
    decide(changed, {
      client: 'attacker',
      source,
      destination: { workload: found, port: 8080 },
      transport: 'TCP',
      http,
    }).outcome === 'allow'
  );
}

describe('withPolicies', () => {
  it('adds, replaces and removes policies, and leaves the mesh as it was', () => {
    const open = proposed(policy('AuthorizationPolicy', 'shop', 'deny', { rules: [{}] }));
    const [deny] = mesh.resources.of('AuthorizationPolicy');
    expect(passes(enforcement, 'store')).toBe(false);
    expect(passes(withPolicies(enforcement, { add: [open] }), 'store')).toBe(true);
    expect(passes(withPolicies(enforcement, { remove: deny ? [deny] : [] }), 'store')).toBe(true);
    expect(
      passes(
        withPolicies(enforcement, { add: [proposed(policy('AuthorizationPolicy', 'istio-system', 'deny', {}))] }),
        'job',
      ),
    ).toBe(false);
    expect(passes(enforcement, 'store')).toBe(false);
    expect(mesh.resources.of('AuthorizationPolicy')).toHaveLength(1);
  });

  it('answers the same with the namespaces that matter alone', () => {
    const strict = proposed(policy('PeerAuthentication', 'shop', 'default', { mtls: { mode: 'STRICT' } }));
    const open = proposed(policy('AuthorizationPolicy', 'shop', 'deny', { rules: [{}] }));
    expect(passes(withPolicies(enforcement, { add: [open] }, ['shop']), 'store')).toBe(true);
    expect(passes(withPolicies(enforcement, { add: [open, strict] }, ['shop']), 'store')).toBe(false);
    expect(withPolicies(enforcement, {}, ['other']).mesh.resources.of('AuthorizationPolicy')).toEqual([]);
  });

  it('refuses what is no security policy', () => {
    const [service] = mesh.resources.of('Service');
    expect(() => withPolicies(enforcement, { remove: service ? [service] : [] })).toThrow(
      /Service shop\/store is no security policy/,
    );
  });
});
