import type { Request } from '../../src/result/request.ts';
import { all, authorization, CLIENT_A, peer } from './policies.ts';
import type { Scene } from './scene.ts';
import type { Issuer } from './tokens.ts';

const CLIENT_B = 'cluster.local/ns/other/sa/client-b';
/** Where the tunnels come from. */
const CLIENTS_IP = '10.244.0.14';
const HOST = 'web.ambient.svc.cluster.local';
const AT_SERVICE = 'targetRefs: [{ group: "", kind: Service, name: web }]';
export const AT_WAYPOINT = 'targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: waypoint }]';

/** Through the tunnel of a client's ztunnel. */
export const throughWaypoint = (principal: string, path: string, method = 'GET'): Request => ({
  from: { principal, ip: CLIENTS_IP },
  to: { service: 'ambient/web', port: 80, at: 'waypoint' },
  http: { method, path, host: HOST },
});
const REQUESTS: readonly Request[] = [CLIENT_A, CLIENT_B].flatMap((principal) => [
  ...['/ok', '/admin', '//admin', '/ok/../admin'].map((path) => throughWaypoint(principal, path)),
  throughWaypoint(principal, '/ok', 'POST'),
  { from: { principal, ip: CLIENTS_IP }, to: { service: 'ambient/web', port: 9000, at: 'waypoint' } },
]);

const AT_CLASS = 'targetRefs: [{ group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint }]';
const GOOD = { iss: 'https://issuer.example', sub: 'alice', groups: ['admins'] };

const authentication = (name: string, place: string, rule: string): string => `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: ${name}, namespace: ambient }
spec: { ${place}, jwtRules: [${rule}] }
`;

/** What a waypoint decides, asked over HBONE. */
export const waypointScenes = ({ jwks }: Issuer): readonly Scene[] => [
  {
    name: 'ALLOW at a Service, by principal and path',
    objects: all(
      authorization(
        'only-a',
        `{ ${AT_SERVICE}, rules: [{ from: [{ source: { principals: ["${CLIENT_A}"] } }], to: [{ operation: { methods: [GET], paths: [/ok] } }] }] }`,
        'ambient',
      ),
    ),
    requests: REQUESTS,
  },
  {
    name: 'DENY at the waypoint, and policies that no waypoint enforces',
    objects: all(
      authorization('nothing', '{}', 'ambient'),
      authorization('by-selector', '{ selector: { matchLabels: { app: web } }, action: DENY, rules: [{}] }', 'ambient'),
      authorization(
        'no-admin',
        `{ ${AT_WAYPOINT}, action: DENY, rules: [{ from: [{ source: { namespaces: [other] } }], to: [{ operation: { paths: [/admin], ports: ["80"] } }] }, { from: [{ source: { notPrincipals: ["${CLIENT_A}"] } }], to: [{ operation: { ports: ["9000"] } }] }] }`,
        'ambient',
      ),
    ),
    requests: REQUESTS,
  },
  {
    name: 'addresses at the waypoint',
    objects: all(
      authorization(
        'addresses',
        `{ ${AT_SERVICE}, rules: [{ from: [{ source: { remoteIpBlocks: ["192.0.2.0/24"] } }] }, { from: [{ source: { ipBlocks: ["10.0.0.0/8"] } }], to: [{ operation: { paths: [/admin] } }] }] }`,
        'ambient',
      ),
    ),
    requests: [
      ...REQUESTS,
      ...['192.0.2.7', '198.51.100.1, 192.0.2.7', '192.0.2.7, 198.51.100.1'].map((addresses) => ({
        ...throughWaypoint(CLIENT_A, '/ok'),
        http: { method: 'GET', path: '/ok', host: HOST, headers: { 'x-forwarded-for': addresses } },
      })),
    ],
  },
  {
    name: 'routes at the waypoint',
    objects: all(
      `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web, namespace: ambient }
spec:
  parentRefs: [{ group: "", kind: Service, name: web }]
  rules: [{ matches: [{ path: { type: PathPrefix, value: /ok } }, { path: { type: Exact, value: /admin } }], backendRefs: [{ name: web, port: 80 }] }]
`,
      authorization(
        'no-admin',
        `{ ${AT_SERVICE}, action: DENY, rules: [{ from: [{ source: { principals: ["${CLIENT_B}"] } }], to: [{ operation: { paths: [/admin] } }] }] }`,
        'ambient',
      ),
    ),
    requests: REQUESTS,
  },
  {
    name: "a policy for the class of waypoints, and the mesh's own that no waypoint enforces",
    objects: all(
      authorization('nothing', '{}', 'istio-system'),
      peer('{ mtls: { mode: DISABLE } }', 'ambient'),
      authorization(
        'all-waypoints',
        `{ ${AT_CLASS}, rules: [{ from: [{ source: { serviceAccounts: [demo/client-a] } }] }, { to: [{ operation: { hosts: ["web.*"], methods: [GET], notPaths: [/admin] } }] }] }`,
        'istio-system',
      ),
    ),
    requests: REQUESTS,
  },
  {
    name: 'conditions at the waypoint: the address and port of the Service, headers, DENY with HTTP fields on TCP',
    objects: all(
      authorization(
        'conditions',
        `{ ${AT_SERVICE}, rules: [{ when: [{ key: destination.ip, values: [10.96.0.70] }, { key: destination.port, values: ["80", "9000"] }] }] }`,
        'ambient',
      ),
      authorization(
        'no-header',
        `{ ${AT_SERVICE}, action: DENY, rules: [{ from: [{ source: { principals: ["${CLIENT_B}"] } }], when: [{ key: "request.headers[x-team]", notValues: [blue] }] }] }`,
        'ambient',
      ),
    ),
    requests: [
      ...REQUESTS,
      {
        ...throughWaypoint(CLIENT_B, '/ok'),
        http: { method: 'GET', path: '/ok', host: HOST, headers: { 'x-team': 'blue' } },
      },
    ],
  },
  {
    name: 'tokens at the waypoint',
    objects: all(
      authentication('issuer', AT_SERVICE, `{ issuer: https://issuer.example, jwks: '${jwks}' }`),
      // Nowhere in force: it would refuse all tokens.
      authentication(
        'by-selector',
        'selector: { matchLabels: { app: web } }',
        '{ issuer: https://issuer.example, audiences: [nobody], jwks: \'{"keys":[]}\' }',
      ),
      authorization(
        'with-token',
        `{ ${AT_SERVICE}, rules: [{ from: [{ source: { requestPrincipals: ["https://issuer.example/alice"], principals: ["${CLIENT_A}"] } }] }, { to: [{ operation: { paths: [/admin] } }], when: [{ key: "request.auth.claims[groups]", values: [admins] }] }] }`,
        'ambient',
      ),
    ),
    requests: [
      ...REQUESTS,
      ...[CLIENT_A, CLIENT_B].flatMap((principal) => [
        { ...throughWaypoint(principal, '/ok'), jwt: { payload: GOOD } },
        { ...throughWaypoint(principal, '/admin'), jwt: { payload: GOOD } },
        { ...throughWaypoint(principal, '/admin'), jwt: { payload: { ...GOOD, groups: ['users'] } } },
        { ...throughWaypoint(principal, '/admin'), jwt: { payload: GOOD, valid: false } },
        { ...throughWaypoint(principal, '/admin'), jwt: { payload: { ...GOOD, iss: 'https://other.example' } } },
      ]),
    ],
  },
];
