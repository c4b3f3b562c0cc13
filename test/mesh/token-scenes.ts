import type { Request } from '../../src/result/request.ts';
import { all, authorization, SERVER_ONLY } from './policies.ts';
import type { Scene } from './scene.ts';
import type { Issuer } from './tokens.ts';
import { hostAt } from './world.ts';

const token = (payload: Readonly<Record<string, unknown>>, workload: string, path = '/ok', valid = true): Request => ({
  from: { workload },
  to: { service: 'demo/server', port: 80 },
  http: { method: 'GET', path, host: hostAt(80) },
  jwt: { payload, ...(valid ? {} : { valid }) },
});
const GOOD = { iss: 'https://issuer.example', sub: 'alice', groups: ['admins'] };

/** Where tokens have a say. */
export const tokenScenes = ({ jwks }: Issuer): readonly Scene[] => {
  const authentication = (rule: string): string => `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: issuer, namespace: demo }
spec: { ${SERVER_ONLY}, jwtRules: [{ issuer: https://issuer.example, jwks: '${jwks}'${rule} }] }
`;
  return [
    {
      name: 'tokens are asked for',
      objects: all(
        authentication(''),
        authorization(
          'with-token',
          `{ ${SERVER_ONLY}, rules: [{ from: [{ source: { requestPrincipals: ["https://issuer.example/*"] } }], to: [{ operation: { paths: [/ok] } }] }, { to: [{ operation: { paths: [/admin] } }], when: [{ key: "request.auth.claims[groups]", values: [admins] }] }] }`,
        ),
      ),
      requests: [
        token(GOOD, 'demo/client-a'),
        token(GOOD, 'other/client-b', '/admin'),
        token({ ...GOOD, groups: ['users'] }, 'other/client-b', '/admin'),
        token(GOOD, 'legacy/plain'),
        token({ ...GOOD, iss: 'https://other.example' }, 'demo/client-a'),
        token(GOOD, 'demo/client-a', '/ok', false),
      ],
    },
    {
      name: 'tokens are checked, and none is asked for',
      objects: all(authentication(', audiences: [shop]')),
      requests: [
        token(GOOD, 'demo/client-a'),
        token({ ...GOOD, aud: ['shop'] }, 'demo/client-a'),
        token({ ...GOOD, aud: ['other'] }, 'legacy/plain'),
        token({ ...GOOD, aud: 'shop' }, 'legacy/plain', '/ok', false),
      ],
    },
    {
      name: 'DENY whoever brings no token, but for one path',
      objects: all(
        authentication(''),
        authorization(
          'no-token',
          `{ ${SERVER_ONLY}, action: DENY, rules: [{ from: [{ source: { notRequestPrincipals: ["*"] } }], to: [{ operation: { notPaths: [/ok], ports: ["8080"] } }] }] }`,
        ),
      ),
      requests: [token(GOOD, 'legacy/plain', '/admin'), token(GOOD, 'demo/client-a', '/admin', false)],
    },
  ];
};
