import { describe, expect, it } from 'vitest';
import { factsOfText } from '../../../test/judge-fixture.ts';
import { type Manifest, meshConfig, meshText, namespace, policy, workload } from '../../../test/small-mesh.ts';
import { forgersOf } from './forgers.ts';

const base = [namespace('auth'), ...workload('auth', 'idp', { ports: { http: 8080 } })];

function forgersIn(manifests: readonly Manifest[]): readonly string[] {
  const found = forgersOf(factsOfText(meshText([...base, ...manifests]), 'mesh.yaml'));
  return [...found].flatMap(([{ id }, all]) => all.map(({ forges, trustedBy }) => `${id}: ${forges} (${trustedBy})`));
}

const keys = (rule: Manifest) => [policy('RequestAuthentication', 'auth', 'jwt', { jwtRules: [rule] })];
const ISSUER = 'https://issuer.example';
const FORGES = [`auth/idp: tokens of issuer ${ISSUER} (RequestAuthentication auth/jwt)`];

describe('forgersOf', () => {
  it('finds who serves the keys of tokens', () => {
    for (const host of ['idp.auth', 'idp.auth.svc', 'idp.auth.svc.cluster.local:8080'])
      expect(forgersIn(keys({ issuer: ISSUER, jwksUri: `http://${host}/keys` }))).toEqual(FORGES);
    expect(forgersIn(keys({ issuer: 'http://idp.auth.svc.cluster.local' }))).toHaveLength(1);
  });

  it('finds none in keys from outside, from beside istiod, or written down', () => {
    for (const host of ['idp.example.com', 'idp', 'idp.auth.example.com'])
      expect(forgersIn(keys({ issuer: ISSUER, jwksUri: `https://${host}/keys` }))).toEqual([]);
    expect(forgersIn(keys({ issuer: 'http://idp.auth.svc.cluster.local', jwks: '{"keys":[]}' }))).toEqual([]);
  });

  it('finds who answers for an external authorizer that is asked', () => {
    const config = meshConfig({
      extensionProviders: [{ name: 'sso', envoyExtAuthzHttp: { service: 'idp.auth.svc.cluster.local', port: 80 } }],
    });
    const custom = policy('AuthorizationPolicy', 'auth', 'ask', {
      action: 'CUSTOM',
      provider: { name: 'sso' },
      rules: [{}],
    });
    expect(forgersIn([config])).toEqual([]);
    expect(forgersIn([config, custom])).toEqual([
      'auth/idp: decisions of external authorizer sso (AuthorizationPolicy auth/ask)',
    ]);
  });
});
