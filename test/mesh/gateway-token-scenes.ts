import type { Token } from '../../src/result/request.ts';
import {
  ALL_TO_SERVER,
  AT_GATEWAY,
  fromOutside,
  gateway,
  HTTP_SERVER,
  routes,
  SHOP,
  TO_SERVER,
} from './gateway-objects.ts';
import { all, authorization, SERVER_ONLY } from './policies.ts';
import type { Scene } from './scene.ts';
import type { Credentials } from './send-request.ts';

const GOOD: Token = { payload: { iss: 'https://issuer.example', sub: 'alice', groups: ['admins'] } };
const TOKENS: readonly (Token | undefined)[] = [
  undefined,
  GOOD,
  { ...GOOD, valid: false },
  { payload: { ...GOOD.payload, groups: ['users'] } },
  { payload: { ...GOOD.payload, iss: 'https://other.example' } },
];
const REQUESTS = ['/ok', '/admin', '/open'].flatMap((path) =>
  TOKENS.map((jwt) => fromOutside(8080, path, jwt ? { jwt } : {})),
);

/** Tokens at an ingress gateway, and behind it. */
export const gatewayTokenScenes = ({ issuer: { jwks } }: Credentials): readonly Scene[] => {
  const authentication = (namespace: string, spec: string): string => `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: issuer, namespace: ${namespace} }
spec: { ${spec} }
`;
  const rule = (more = ''): string => `jwtRules: [{ issuer: https://issuer.example, jwks: '${jwks}'${more} }]`;
  const PUBLIC = gateway('public', HTTP_SERVER);
  const BY_TOKEN = authorization(
    'with-token',
    `{ ${AT_GATEWAY}, rules: [{ from: [{ source: { requestPrincipals: ["https://issuer.example/*"] } }], to: [{ operation: { paths: [/ok] } }] }, { to: [{ operation: { paths: [/admin] } }], when: [{ key: "request.auth.claims[groups]", values: [admins] }] }, { to: [{ operation: { paths: [/open] } }] }] }`,
    'edge',
  );
  const BEHIND = [
    authentication('demo', `${SERVER_ONLY}, ${rule()}`),
    authorization(
      'with-token',
      `{ ${SERVER_ONLY}, rules: [{ from: [{ source: { requestPrincipals: ["*"] } }] }, { to: [{ operation: { paths: [/admin] } }] }] }`,
    ),
  ];
  return [
    {
      name: 'tokens at the gateway, which keeps them',
      objects: all(PUBLIC, ALL_TO_SERVER, authentication('edge', `${AT_GATEWAY}, ${rule()}`), BY_TOKEN, ...BEHIND),
      requests: REQUESTS,
    },
    {
      name: 'tokens at the gateway, which passes them on',
      objects: all(
        PUBLIC,
        ALL_TO_SERVER,
        authentication('edge', `${AT_GATEWAY}, ${rule(', forwardOriginalToken: true')}`),
        BY_TOKEN,
        ...BEHIND,
      ),
      requests: REQUESTS,
    },
    {
      name: 'routes by claims',
      objects: all(
        PUBLIC,
        routes(
          'shop',
          `hosts: [${SHOP}], http: [{ match: [{ headers: { "@request.auth.claims.groups": { exact: admins } } }], ${TO_SERVER} }, { match: [{ uri: { exact: /open } }], ${TO_SERVER} }]`,
        ),
        authentication('edge', `${AT_GATEWAY}, ${rule()}`),
      ),
      requests: REQUESTS,
    },
  ];
};
