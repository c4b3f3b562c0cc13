import type { ClientTls } from '../../src/result/request.ts';
import {
  ALL_TO_SERVER,
  AT_GATEWAY,
  fromOutside,
  gateway,
  HTTP_SERVER,
  httpsServer,
  routes,
  SHOP,
  tlsSecret,
  TO_SERVER,
} from './gateway-objects.ts';
import { all, authorization, CLIENT_A, SERVER_ONLY } from './policies.ts';
import type { Scene } from './scene.ts';
import type { Credentials } from './send-request.ts';

const PARTNER = 'partner.example/ns/billing/sa/caller';
/** None, with a SPIFFE id, with a DNS name, with none at all; by the CA of the scene and by nobody's. */
const CLIENTS: readonly ClientTls['clientCert'][] = [
  undefined,
  { principal: PARTNER },
  { principal: CLIENT_A },
  { dns: 'client.example' },
  {},
  { principal: PARTNER, trusted: false },
  { principal: CLIENT_A, trusted: false },
  { dns: 'client.example', trusted: false },
];
const tls = (clientCert: ClientTls['clientCert'], sni = SHOP): ClientTls => ({
  sni,
  ...(clientCert ? { clientCert } : {}),
});

/** Which names the gateway's policies find in a certificate: any; that of a partner; that of a workload of the mesh; none. */
const NAMES = authorization(
  'names',
  `{ ${AT_GATEWAY}, rules: [
    { from: [{ source: { principals: ["*"] } }], to: [{ operation: { paths: [/any] } }] },
    { from: [{ source: { principals: ["${PARTNER}"] } }], to: [{ operation: { paths: [/partner] } }] },
    { from: [{ source: { principals: ["${CLIENT_A}"] } }], to: [{ operation: { paths: [/client-a] } }] },
    { from: [{ source: { namespaces: [demo, billing] } }], to: [{ operation: { paths: [/namespace] } }] },
    { from: [{ source: { notPrincipals: ["*"] } }], to: [{ operation: { paths: [/nobody] } }] },
    { to: [{ operation: { paths: [/all] } }] },
  ] }`,
  'edge',
);
const NAMED = ['/any', '/partner', '/client-a', '/namespace', '/nobody', '/all'];
const asClients = (clients = CLIENTS, paths = NAMED) =>
  clients.flatMap((client) => paths.map((path) => fromOutside(8443, path, { tls: tls(client) })));

/** What an ingress gateway makes of TLS and of certificates of clients. */
export const gatewayTlsScenes = ({ authority }: Credentials): readonly Scene[] => {
  const SECRET = tlsSecret('cert', authority.server, authority.ca);
  const mutual = (name: string, settings: string): Scene => ({
    name,
    objects: all(gateway('public', httpsServer(settings)), SECRET, ALL_TO_SERVER, NAMES),
    requests: asClients(),
  });
  return [
    {
      name: 'TLS with a certificate of a Secret, hosts by SNI, and a redirect to it',
      objects: all(
        gateway(
          'public',
          `${HTTP_SERVER.replace('hosts', 'tls: { httpsRedirect: true }, hosts')}, ${httpsServer('mode: SIMPLE, credentialName: cert', '"*.example.com"')}`,
        ),
        gateway('partners', httpsServer('mode: MUTUAL, credentialName: cert', 'partners.example.com')),
        SECRET,
        routes('shop', `hosts: [${SHOP}], http: [{ ${TO_SERVER} }]`),
        routes('partners', `hosts: [partners.example.com], http: [{ ${TO_SERVER} }]`, 'edge/partners, edge/public'),
        authorization(
          'no-admin',
          `{ ${SERVER_ONLY}, action: DENY, rules: [{ to: [{ operation: { paths: [/admin] } }] }] }`,
        ),
        authorization(
          'no-secret',
          `{ ${AT_GATEWAY}, action: DENY, rules: [{ when: [{ key: connection.sni, values: ["b.example.com"] }] }] }`,
          'edge',
        ),
      ),
      requests: [
        ...['/ok', '/admin'].map((path) => fromOutside(8443, path, { tls: tls(undefined) })),
        ...['/ok'].map((path) => fromOutside(8443, path)),
        fromOutside(8080, '/ok'),
        fromOutside(8080, '/ok', { headers: { 'x-forwarded-proto': 'https' } }),
        fromOutside(8443, '/ok', { tls: tls(undefined, 'a.example.com') }),
        fromOutside(8443, '/ok', { tls: tls(undefined, 'b.example.com') }),
        fromOutside(8443, '/ok', { tls: tls(undefined, 'shop.example.org') }),
        fromOutside(8443, '/ok', { tls: {} }),
        fromOutside(8443, '/ok', { tls: tls({ principal: PARTNER, trusted: false }) }),
        // The certificate is asked for by SNI, the route found by Host.
        ...['partners.example.com', SHOP].flatMap((sni) =>
          [undefined, { principal: PARTNER }].map((client) =>
            fromOutside(8443, '/ok', { host: 'partners.example.com', tls: tls(client, sni) }),
          ),
        ),
      ],
    },
    mutual('certificates are demanded', 'mode: MUTUAL, credentialName: cert'),
    mutual('certificates are taken', 'mode: OPTIONAL_MUTUAL, credentialName: cert'),
    mutual(
      'certificates are demanded, with a name',
      `mode: MUTUAL, credentialName: cert, subjectAltNames: ["spiffe://${PARTNER}", client.example]`,
    ),
    mutual(
      'certificates are demanded, and not looked into',
      'mode: MUTUAL, credentialName: cert, insecureSkipVerify: true',
    ),
    mutual(
      'certificates are taken, and not looked into',
      'mode: OPTIONAL_MUTUAL, credentialName: cert, insecureSkipVerify: true',
    ),
    mutual(
      'certificates are demanded with a name, and not looked into',
      `mode: MUTUAL, credentialName: cert, insecureSkipVerify: true, subjectAltNames: ["spiffe://${PARTNER}"]`,
    ),
    mutual(
      'certificates are demanded by hash, and not looked into',
      `mode: MUTUAL, credentialName: cert, insecureSkipVerify: true, verifyCertificateHash: ["${'ab'.repeat(32)}"]`,
    ),
    mutual('certificates are not asked for', 'mode: SIMPLE, credentialName: cert'),
  ];
};
