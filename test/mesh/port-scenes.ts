import type { Request } from '../../src/result/request.ts';
import { all, authorization, CLIENT_A, peer, SERVER_ONLY, STRICT } from './policies.ts';
import type { Scene } from './scene.ts';
import { CLIENTS, hostAt, SERVER, UNDECLARED_PORT } from './world.ts';

const SENDERS = CLIENTS.map(({ namespace, name }) => `${namespace}/${name}`);

/**
 * To the port whose protocol is detected. Of HTTP only what is sent in plaintext: over mutual TLS Istio's own build of Envoy says by ALPN what it
 * detected, which the stock Envoy cannot.
 */
const DETECTED: readonly Request[] = [
  ...SENDERS.map((workload) => ({ from: { workload }, to: { service: 'demo/server', port: 9100 } })),
  ...['/ok', '/admin'].flatMap((path) =>
    ['GET', 'POST'].map((method) => ({
      from: { workload: 'legacy/plain' },
      to: { service: 'demo/server', port: 9100 },
      http: { method, path, host: hostAt(9100) },
    })),
  ),
];

/** To the pod by its own address, which sidecars pass on as it comes, with and without HTTP: a port of a Service, one that the sidecar does not get, and one of none. */
const TO_POD: readonly Request[] = SENDERS.flatMap((workload) =>
  [8080, 7000, 9000, UNDECLARED_PORT].flatMap((port) => [
    { from: { workload }, to: { external: SERVER.ip, port } },
    ...(port === 9000
      ? []
      : [
          {
            from: { workload },
            to: { external: SERVER.ip, port },
            http: { method: 'GET', path: '/ok', host: `${SERVER.ip}:${port}` },
          },
        ]),
  ]),
);

const REQUESTS = [...DETECTED, ...TO_POD];

/** TCP, ports of no declared protocol, and the pod itself. */
export const PORT_SCENES: readonly Scene[] = [
  { name: 'ports under STRICT', objects: all(STRICT), requests: REQUESTS },
  {
    name: 'ports of all modes',
    objects: all(
      peer(
        `{ ${SERVER_ONLY}, mtls: { mode: STRICT }, portLevelMtls: { 8080: { mode: PERMISSIVE }, 9100: { mode: DISABLE }, ${UNDECLARED_PORT}: { mode: PERMISSIVE } } }`,
      ),
    ),
    requests: REQUESTS,
  },
  {
    name: 'DENY by principal, on TCP ports',
    objects: all(
      authorization(
        'not-a',
        `{ ${SERVER_ONLY}, action: DENY, rules: [{ from: [{ source: { principals: ["${CLIENT_A}"] } }], to: [{ operation: { ports: ["9000", "9100"] } }] }] }`,
      ),
    ),
    requests: REQUESTS,
  },
  {
    name: 'DENY by address, on TCP ports',
    objects: all(
      authorization(
        'not-b',
        `{ ${SERVER_ONLY}, action: DENY, rules: [{ from: [{ source: { ipBlocks: ["10.244.0.13"] } }], to: [{ operation: { ports: ["9000", "9100", "${UNDECLARED_PORT}"] } }] }] }`,
      ),
    ),
    requests: REQUESTS,
  },
  {
    name: 'ALLOW with HTTP fields, where the protocol is detected',
    objects: all(
      authorization(
        'gets',
        `{ ${SERVER_ONLY}, rules: [{ to: [{ operation: { methods: [GET], paths: [/ok] } }] }, { from: [{ source: { namespaces: [other] } }] }] }`,
      ),
    ),
    requests: REQUESTS,
  },
  {
    name: 'DENY with HTTP fields, where the protocol is detected',
    objects: all(
      authorization(
        'no-posts',
        `{ ${SERVER_ONLY}, action: DENY, rules: [{ to: [{ operation: { methods: [POST], ports: ["9100", "${UNDECLARED_PORT}"] } }] }] }`,
      ),
    ),
    requests: REQUESTS,
  },
];
