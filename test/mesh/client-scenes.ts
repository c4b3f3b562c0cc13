import { all, authorization, CLIENT_A, peer, STRICT } from './policies.ts';
import { get, type Scene } from './scene.ts';
import { SERVICE_HOST } from './world.ts';

const networking = (kind: string, name: string, spec: string, namespace = 'demo'): string => `
apiVersion: networking.istio.io/v1
kind: ${kind}
metadata: { name: ${name}, namespace: ${namespace} }
spec: ${spec}
`;
const ONLY_A = authorization('only-a', `{ rules: [{ from: [{ source: { principals: ["${CLIENT_A}"] } }] }] }`);
// A rule of the client's own namespace goes before that of the server's.
const tls = (mode: string): string =>
  networking(
    'DestinationRule',
    'own',
    `{ host: ${SERVICE_HOST}, trafficPolicy: { tls: { mode: ${mode} }, connectionPool: { http: { maxRequestsPerConnection: 1 } } } }`,
    'other',
  );

/** What the client's own sidecar decides. */
export const CLIENT_SCENES: readonly Scene[] = [
  { name: 'a client that sends plaintext where STRICT is asked for', objects: all(STRICT, tls('DISABLE')) },
  { name: 'a client that sends plaintext where policies ask for names', objects: all(ONLY_A, tls('DISABLE')) },
  {
    name: 'a client that insists on mutual TLS where none is spoken',
    objects: all(peer('{ mtls: { mode: DISABLE } }'), tls('ISTIO_MUTUAL')),
  },
  { name: 'mutual TLS is off', objects: all(peer('{ mtls: { mode: DISABLE } }'), ONLY_A) },
  {
    name: 'a client whose proxy does not know the Service, and passes it on',
    objects: all(
      ONLY_A,
      networking('Sidecar', 'default', '{ egress: [{ hosts: ["./*", "demo/marker.example"] }] }', 'other'),
    ),
  },
  {
    name: 'a client whose proxy does not know the Service, under STRICT',
    objects: all(
      STRICT,
      networking('Sidecar', 'default', '{ egress: [{ hosts: ["./*", "demo/marker.example"] }] }', 'other'),
    ),
  },
  {
    name: 'a client whose proxy changes paths',
    objects: all(
      authorization(
        'no-admin',
        '{ action: DENY, rules: [{ to: [{ operation: { paths: [/admin], ports: ["8080"] } }] }] }',
      ),
      networking(
        'VirtualService',
        'routes',
        `{ hosts: [${SERVICE_HOST}], http: [{ match: [{ uri: { exact: /hidden }, port: 80 }], rewrite: { uri: /admin }, route: [{ destination: { host: ${SERVICE_HOST}, port: { number: 80 } } }] }, { match: [{ uri: { exact: /admin }, port: 80 }], rewrite: { uri: /ok }, route: [{ destination: { host: ${SERVICE_HOST}, port: { number: 80 } } }] }, { match: [{ port: 80 }], route: [{ destination: { host: ${SERVICE_HOST}, port: { number: 80 } } }] }] }`,
      ),
    ),
    requests: ['demo/client-a', 'other/client-b', 'legacy/plain'].map((sender) => get(sender, '/hidden')),
  },
];
