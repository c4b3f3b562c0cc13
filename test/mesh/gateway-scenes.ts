import {
  ALL_TO_SERVER,
  AT_GATEWAY,
  GATEWAY_ID,
  fromOutside,
  fromPod,
  gateway,
  HTTP_SERVER,
  routes,
  SHOP,
  TO_SERVER,
} from './gateway-objects.ts';
import { OWN_ANSWER } from './judge-answer.ts';
import { all, authorization, peer, SERVER_ONLY, STRICT } from './policies.ts';
import type { Scene } from './scene.ts';
import { OUTSIDE } from './world.ts';

const PUBLIC = gateway('public', HTTP_SERVER);
const [OTHER_IP = ''] = OUTSIDE.others ?? [];
const PATHS = ['/ok', '/admin', '/old/admin', '/gone', '/elsewhere', '//admin', '/ok/../admin', '/nowhere'];

/** What an ingress gateway makes of plain HTTP, and the workload behind it. */
export const GATEWAY_SCENES: readonly Scene[] = [
  {
    name: 'hosts, routes, rewriting, redirects, and what the workload forbids',
    objects: all(
      STRICT,
      PUBLIC,
      routes(
        'shop',
        `hosts: [${SHOP}], http: [
          { match: [{ uri: { prefix: /old/ } }], rewrite: { uri: / }, ${TO_SERVER} },
          { match: [{ uri: { exact: /gone } }], directResponse: { status: 418, body: { string: ${OWN_ANSWER} } } },
          { match: [{ uri: { exact: /elsewhere } }], redirect: { uri: /ok } },
          { match: [{ uri: { prefix: /ok } }, { uri: { prefix: /admin } }, { uri: { prefix: // } }], ${TO_SERVER} },
          { match: [{ method: { exact: POST } }, { headers: { x-team: { exact: blue } } }], ${TO_SERVER} },
        ]`,
      ),
      routes(
        'wild',
        `hosts: ["*.example.com"], http: [{ match: [{ uri: { exact: /ok } }], rewrite: { authority: inner.example }, ${TO_SERVER} }]`,
      ),
      authorization(
        'no-admin',
        `{ ${SERVER_ONLY}, action: DENY, rules: [{ to: [{ operation: { paths: [/admin] } }] }] }`,
      ),
    ),
    requests: [
      ...PATHS.map((path) => fromOutside(8080, path)),
      ...['SHOP.example.com', 'shop.example.com:80', 'other.example.com', 'shop.example.org', 'inner.example'].map(
        (host) => fromOutside(8080, '/ok', { host }),
      ),
      fromOutside(8080, '/nowhere', { method: 'POST' }),
      fromOutside(8080, '/nowhere', { headers: { 'x-team': 'blue' } }),
      fromPod('legacy/plain', '/ok'),
      fromPod('legacy/plain', '/admin'),
      fromPod('demo/client-a', '/ok'),
      fromPod('other/client-b', '/old/admin'),
    ],
  },
  {
    name: 'the workload lets in the gateway alone',
    objects: all(
      PUBLIC,
      ALL_TO_SERVER,
      authorization(
        'gateway-only',
        `{ ${SERVER_ONLY}, rules: [{ from: [{ source: { principals: ["${GATEWAY_ID}"] } }], to: [{ operation: { paths: [/ok], hosts: [${SHOP}] } }] }] }`,
      ),
    ),
    requests: [
      fromOutside(8080, '/ok'),
      fromOutside(8080, '/admin'),
      fromOutside(8080, '/ok', { host: 'a.example.com' }),
      fromPod('legacy/plain', '/ok'),
      fromPod('demo/client-a', '/ok'),
    ],
  },
  {
    name: 'the workload speaks no mutual TLS, and asks for the gateway',
    objects: all(
      PUBLIC,
      ALL_TO_SERVER,
      peer('{ mtls: { mode: DISABLE } }'),
      authorization(
        'gateway-only',
        `{ ${SERVER_ONLY}, rules: [{ from: [{ source: { principals: ["${GATEWAY_ID}"] } }], to: [{ operation: { paths: [/ok] } }] }, { to: [{ operation: { paths: [/admin] } }] }] }`,
      ),
    ),
    requests: [fromOutside(8080, '/ok'), fromOutside(8080, '/admin')],
  },
  {
    name: 'policies at the gateway see path and host as they were sent, before redirects and routes',
    objects: all(
      PUBLIC,
      routes(
        'shop',
        `hosts: ["*.example.com"], http: [{ match: [{ uri: { prefix: /old/ } }], rewrite: { uri: /, authority: inner.example }, ${TO_SERVER} }, { ${TO_SERVER} }]`,
      ),
      authorization(
        'edge',
        `{ ${AT_GATEWAY}, rules: [{ to: [{ operation: { paths: ["/ok", "/old/*"], hosts: [${SHOP}, "*.example.com:80"] } }] }] }`,
        'edge',
      ),
      authorization(
        'no-admin',
        `{ ${AT_GATEWAY}, action: DENY, rules: [{ to: [{ operation: { paths: ["/old/admin"] } }] }] }`,
        'edge',
      ),
    ),
    requests: [
      ...PATHS.map((path) => fromOutside(8080, path)),
      ...['a.example.com', 'A.example.com:80', 'SHOP.example.com'].map((host) => fromOutside(8080, '/ok', { host })),
      fromOutside(8080, '/old/ok', { host: 'b.example.com:80' }),
    ],
  },
  {
    name: 'addresses at the gateway, with nobody trusted in front',
    objects: all(
      PUBLIC,
      ALL_TO_SERVER,
      authorization(
        'addresses',
        `{ ${AT_GATEWAY}, rules: [{ from: [{ source: { remoteIpBlocks: ["${OUTSIDE.ip}/32"] } }], to: [{ operation: { paths: [/remote] } }] }, { from: [{ source: { ipBlocks: ["${OTHER_IP}"] } }], to: [{ operation: { paths: [/direct] } }] }] }`,
        'edge',
      ),
    ),
    requests: [OUTSIDE.ip, OTHER_IP].flatMap((ip) =>
      ['/remote', '/direct'].flatMap((path) =>
        [undefined, OUTSIDE.ip, OTHER_IP, `${OUTSIDE.ip}, 198.51.100.1`].map((address) =>
          fromOutside(8080, path, { ip, headers: address === undefined ? {} : { 'x-forwarded-for': address } }),
        ),
      ),
    ),
  },
  {
    name: 'addresses behind the gateway',
    objects: all(
      PUBLIC,
      ALL_TO_SERVER,
      authorization(
        'addresses',
        `{ ${SERVER_ONLY}, rules: [{ from: [{ source: { remoteIpBlocks: ["${OUTSIDE.ip}/32"] } }], to: [{ operation: { paths: [/remote] } }] }, { from: [{ source: { ipBlocks: ["10.244.0.15"] } }], to: [{ operation: { paths: [/direct] } }] }] }`,
      ),
    ),
    requests: [OUTSIDE.ip, OTHER_IP].flatMap((ip) =>
      ['/remote', '/direct'].flatMap((path) =>
        [undefined, OUTSIDE.ip].map((address) =>
          fromOutside(8080, path, { ip, headers: address === undefined ? {} : { 'x-forwarded-for': address } }),
        ),
      ),
    ),
  },
];
