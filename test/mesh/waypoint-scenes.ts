import type { Request } from '../../src/result/request.ts';
import { all, authorization, CLIENT_A } from './policies.ts';
import type { Scene } from './scene.ts';

const CLIENT_B = 'cluster.local/ns/other/sa/client-b';
/** Where the tunnels come from. */
const CLIENTS_IP = '10.244.0.14';
const HOST = 'web.ambient.svc.cluster.local';
const AT_SERVICE = 'targetRefs: [{ group: "", kind: Service, name: web }]';
const AT_WAYPOINT = 'targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: waypoint }]';

/** Through the tunnel of a client's ztunnel. */
const through = (principal: string, path: string, method = 'GET'): Request => ({
  from: { principal, ip: CLIENTS_IP },
  to: { service: 'ambient/web', port: 80, at: 'waypoint' },
  http: { method, path, host: HOST },
});
const REQUESTS: readonly Request[] = [CLIENT_A, CLIENT_B].flatMap((principal) => [
  ...['/ok', '/admin', '//admin', '/ok/../admin'].map((path) => through(principal, path)),
  through(principal, '/ok', 'POST'),
  { from: { principal, ip: CLIENTS_IP }, to: { service: 'ambient/web', port: 9000, at: 'waypoint' } },
]);

/** What a waypoint decides, asked over HBONE. */
export const WAYPOINT_SCENES: readonly Scene[] = [
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
        ...through(CLIENT_A, '/ok'),
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
];
