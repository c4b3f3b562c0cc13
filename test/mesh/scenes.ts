import type { Request } from '../../src/result/request.ts';
import type { Value } from '../live/fake-api-server.ts';
import { all, authorization, CLIENT_A, peer, SERVER_ONLY, STRICT } from './policies.ts';
import type { Issuer } from './tokens.ts';

/** A state of the mesh, beside what is always there. */
export interface Scene {
  readonly name: string;
  readonly objects: readonly Value[];
  /** Beside those that are sent in every scene. */
  readonly requests: readonly Request[];
}

const token = (payload: Readonly<Record<string, unknown>>, workload: string, path = '/ok', valid = true): Request => ({
  from: { workload },
  to: { service: 'demo/server', port: 80 },
  http: { method: 'GET', path },
  jwt: { payload, ...(valid ? {} : { valid }) },
});
const GOOD = { iss: 'https://issuer.example', sub: 'alice', groups: ['admins'] };

/** What is compared with the model, one after the other. */
export function scenesWith({ jwks }: Issuer): readonly Scene[] {
  const plain: readonly (Omit<Scene, 'requests'> & Partial<Scene>)[] = [
    { name: 'nothing is configured', objects: [] },
    { name: 'STRICT in the namespace', objects: all(STRICT) },
    {
      name: 'STRICT in the whole mesh, PERMISSIVE in the namespace',
      objects: all(peer('{ mtls: { mode: STRICT } }', 'istio-system'), peer('{ mtls: { mode: PERMISSIVE } }')),
    },
    {
      name: 'modes by port',
      objects: all(
        peer(
          `{ ${SERVER_ONLY}, mtls: { mode: STRICT }, portLevelMtls: { 8081: { mode: PERMISSIVE }, 9000: { mode: DISABLE } } }`,
        ),
      ),
    },
    {
      name: 'ALLOW by principal, method and path',
      objects: all(
        authorization(
          'only-a',
          `{ ${SERVER_ONLY}, rules: [{ from: [{ source: { principals: ["${CLIENT_A}"] } }], to: [{ operation: { methods: [GET], paths: [/ok] } }] }] }`,
        ),
      ),
    },
    {
      name: 'DENY by path, under STRICT',
      objects: all(
        STRICT,
        authorization(
          'no-admin',
          `{ ${SERVER_ONLY}, action: DENY, rules: [{ to: [{ operation: { paths: ["/admin*"], ports: ["8080"] } }] }] }`,
        ),
      ),
    },
    { name: 'default deny in the namespace', objects: all(authorization('nothing', '{}')) },
    {
      name: 'default deny in the whole mesh, and one namespace that may',
      objects: all(
        authorization('nothing', '{}', 'istio-system'),
        authorization('others', '{ rules: [{ from: [{ source: { namespaces: [other] } }] }] }'),
      ),
    },
    {
      name: 'ALLOW by port',
      objects: all(authorization('ports', '{ rules: [{ to: [{ operation: { ports: ["8081", "9000"] } }] }] }')),
    },
    {
      name: 'ALLOW on a header',
      objects: all(
        authorization('teams', '{ rules: [{ when: [{ key: "request.headers[x-team]", values: [blue] }] }] }'),
      ),
    },
    {
      name: 'DENY with HTTP fields, TCP ports too',
      objects: all(
        authorization('no-posts', '{ action: DENY, rules: [{ to: [{ operation: { methods: [POST] } }] }] }'),
      ),
    },
    {
      name: 'DENY whoever has no identity',
      objects: all(
        authorization('known', '{ action: DENY, rules: [{ from: [{ source: { notPrincipals: ["*"] } }] }] }'),
      ),
    },
    {
      name: 'ALLOW by address',
      objects: all(
        authorization(
          'addresses',
          '{ rules: [{ from: [{ source: { ipBlocks: ["10.244.0.13/32", "10.244.0.14/32"] } }] }] }',
        ),
      ),
    },
    {
      name: 'DENY overrides ALLOW, with exceptions',
      objects: all(
        authorization('all', '{ rules: [{}] }'),
        authorization(
          'not-others',
          '{ action: DENY, rules: [{ from: [{ source: { notNamespaces: [demo] } }], to: [{ operation: { notPaths: [/ok], ports: ["8080", "8081"] } }] }] }',
        ),
      ),
    },
    {
      name: 'tokens are asked for',
      objects: all(
        `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: issuer, namespace: demo }
spec:
  ${SERVER_ONLY}
  jwtRules: [{ issuer: https://issuer.example, jwks: '${jwks}' }]
`,
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
  ];
  return plain.map((scene) => ({ requests: [], ...scene }));
}
