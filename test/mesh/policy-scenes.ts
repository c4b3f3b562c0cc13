import { all, authorization, CLIENT_A, peer, SERVER_ONLY, STRICT } from './policies.ts';
import { get, type Scene } from './scene.ts';

/** Spellings of paths that a policy may or may not mean. */
const SPELLINGS = [
  '/Admin',
  '//admin',
  '/ok/../admin',
  '/%61dmin',
  '/admin/',
  '/admin;x',
  '/admin?x=1',
  '/ok/%2e%2e/admin',
];
const SENDERS = ['demo/client-a', 'legacy/plain'];

/** What the server's side decides. */
export const POLICY_SCENES: readonly Scene[] = [
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
    objects: all(authorization('teams', '{ rules: [{ when: [{ key: "request.headers[x-team]", values: [blue] }] }] }')),
  },
  {
    name: 'DENY with HTTP fields, TCP ports too',
    objects: all(authorization('no-posts', '{ action: DENY, rules: [{ to: [{ operation: { methods: [POST] } }] }] }')),
  },
  {
    name: 'DENY whoever has no identity',
    objects: all(authorization('known', '{ action: DENY, rules: [{ from: [{ source: { notPrincipals: ["*"] } }] }] }')),
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
    name: 'DENY of a path, however it is spelt',
    objects: all(
      authorization(
        'no-admin',
        '{ action: DENY, rules: [{ to: [{ operation: { paths: [/admin], ports: ["8080"] } }] }] }',
      ),
    ),
    requests: SENDERS.flatMap((sender) => SPELLINGS.map((path) => get(sender, path))),
  },
  {
    name: 'ALLOW by service account, host and path template',
    objects: all(
      authorization(
        'templates',
        '{ rules: [{ from: [{ source: { serviceAccounts: [client-a, other/client-b] } }], to: [{ operation: { paths: [/ok, "/v1/{*}/items", "/v2/{**}"], hosts: ["server.demo.svc.cluster.local"] } }] }] }',
      ),
    ),
    requests: ['demo/client-a', 'other/client-b', 'legacy/plain'].flatMap((sender) =>
      ['/v1/a/items', '/v1/a/b/items', '/v1//items', '/v2/a/b', '/v2/'].map((path) => get(sender, path)),
    ),
  },
  {
    name: 'policies that only watch decide nothing',
    objects: all(
      authorization('watched', '{ action: AUDIT, rules: [{}] }'),
      `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: on-trial, namespace: demo, annotations: { istio.io/dry-run: "true" } }
spec: { action: DENY, rules: [{}] }
`,
    ),
  },
  {
    name: 'addresses that a proxy is told',
    objects: all(authorization('told', '{ rules: [{ from: [{ source: { remoteIpBlocks: ["192.0.2.0/24"] } }] }] }')),
    requests: SENDERS.flatMap((sender) =>
      ['192.0.2.7', '198.51.100.1', '192.0.2.7, 198.51.100.1', '198.51.100.1, 192.0.2.7'].map((addresses) =>
        get(sender, '/ok', { 'x-forwarded-for': addresses }),
      ),
    ),
  },
  {
    name: 'conditions of every layer',
    objects: all(
      authorization(
        'conditions',
        `{ rules: [{ when: [{ key: source.principal, values: ["${CLIENT_A}"] }, { key: destination.port, values: ["8080"] }] }, { when: [{ key: connection.sni, values: ["outbound_.81_.*"] }] }, { when: [{ key: source.namespace, notValues: [demo] }, { key: "request.headers[x-team]", values: ["*"] }] }, { when: [{ key: source.ip, values: [10.244.0.13] }, { key: destination.port, values: ["9000"] }] }] }`,
      ),
    ),
  },
  {
    name: 'a policy for another workload',
    objects: all(
      authorization('not-mine', '{ selector: { matchLabels: { app: client-a } }, action: DENY, rules: [{}] }'),
    ),
  },
];
