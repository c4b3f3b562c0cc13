import type { Request } from '../../src/result/request.ts';
import {
  ALL_TO_SERVER,
  AT_GATEWAY,
  fromOutside,
  gateway,
  GATEWAY_ID,
  routes,
  SHOP,
  tlsSecret,
} from './gateway-objects.ts';
import { all, authorization, peer, SERVER_ONLY } from './policies.ts';
import type { Scene } from './scene.ts';
import type { Credentials } from './send-request.ts';
import { OUTSIDE } from './world.ts';

const [OTHER_IP = ''] = OUTSIDE.others ?? [];
const TLS = { sni: SHOP };

const bytes = (port: number, more: Pick<Request, 'tls'> = {}, ip = OUTSIDE.ip): Request => ({
  from: { internet: true, ip },
  to: { gateway: 'edge/ingress', port },
  ...more,
});
const server = (port: number, settings: string): string =>
  gateway(`bytes-${port}`, `{ port: { number: ${port}, name: bytes, ${settings} }`);
const toPort = (listens: number, port: number): string =>
  routes(
    `bytes-${listens}`,
    `hosts: ["*"], tcp: [{ route: [{ destination: { host: server, port: { number: ${port} } } }] }]`,
    `edge/bytes-${listens}`,
  );
/** Two ports for bytes, one for TLS with bytes in it; the last two lead to where HTTP is spoken. */
const SERVERS = [
  server(9000, 'protocol: TCP }, hosts: ["*"]'),
  server(9001, 'protocol: TCP }, hosts: ["*"]'),
  server(9002, 'protocol: TLS }, hosts: ["*"], tls: { mode: SIMPLE, credentialName: cert }'),
  toPort(9000, 9000),
  toPort(9001, 80),
  toPort(9002, 80),
];
const REQUESTS: readonly Request[] = [
  ...[9000].flatMap((port) => [OUTSIDE.ip, OTHER_IP].map((ip) => bytes(port, {}, ip))),
  ...['/ok', '/admin', '//admin'].flatMap((path) => [fromOutside(9001, path), fromOutside(9002, path, { tls: TLS })]),
  fromOutside(9001, '/ok', { ip: OTHER_IP }),
  fromOutside(9002, '/ok', { ip: OTHER_IP, tls: TLS }),
  fromOutside(9001, '/ok', { method: 'POST' }),
  fromOutside(9001, '/ok', { host: 'other.example.com' }),
];

/** What an ingress gateway passes on as bytes, HTTP among them. */
export const gatewayBytesScenes = ({ authority }: Credentials): readonly Scene[] => {
  const base = [tlsSecret('cert', authority.server, authority.ca), ...SERVERS, ALL_TO_SERVER];
  return [
    {
      name: 'bytes through a gateway, which denies by address; the workload reads HTTP in them',
      objects: all(
        ...base,
        authorization(
          'not-others',
          `{ ${AT_GATEWAY}, action: DENY, rules: [{ from: [{ source: { ipBlocks: ["${OTHER_IP}"] } }] }] }`,
          'edge',
        ),
        authorization(
          'gateway-only',
          `{ ${SERVER_ONLY}, rules: [{ from: [{ source: { principals: ["${GATEWAY_ID}"] } }], to: [{ operation: { methods: [GET], paths: [/ok, /admin], hosts: [${SHOP}], ports: ["8080"] } }] }, { to: [{ operation: { ports: ["9000"] } }] }] }`,
        ),
        authorization(
          'no-admin',
          `{ ${SERVER_ONLY}, action: DENY, rules: [{ to: [{ operation: { paths: [/admin], ports: ["8080"] } }] }] }`,
        ),
      ),
      requests: REQUESTS,
    },
    {
      name: 'a DENY with HTTP fields at a gateway for bytes',
      objects: all(
        ...base,
        authorization(
          'no-admin',
          `{ ${AT_GATEWAY}, action: DENY, rules: [{ to: [{ operation: { paths: [/admin], ports: ["9001"] } }] }, { when: [{ key: connection.sni, values: [${SHOP}] }] }] }`,
          'edge',
        ),
      ),
      requests: REQUESTS,
    },
    {
      name: 'bytes to a workload that speaks no mutual TLS',
      objects: all(
        ...base,
        peer('{ mtls: { mode: DISABLE } }'),
        authorization(
          'no-admin',
          `{ ${SERVER_ONLY}, action: DENY, rules: [{ to: [{ operation: { paths: [/admin], ports: ["8080"] } }] }, { from: [{ source: { principals: ["*"] } }] }] }`,
        ),
      ),
      requests: REQUESTS,
    },
  ];
};
