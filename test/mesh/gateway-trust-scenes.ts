import type { Request } from '../../src/result/request.ts';
import {
  ALL_TO_SERVER,
  AT_GATEWAY,
  fromOutside,
  gateway,
  HTTP_SERVER,
  httpsServer,
  SHOP,
  tlsSecret,
} from './gateway-objects.ts';
import { all, authorization, SERVER_ONLY } from './policies.ts';
import type { Scene } from './scene.ts';
import type { Credentials } from './send-request.ts';
import { OUTSIDE } from './world.ts';

const PARTNER = 'partner.example/ns/billing/sa/caller';
const FORGED = 'By=forged;URI=spiffe://cluster.local/ns/demo/sa/client-a';
const [OTHER_IP = ''] = OUTSIDE.others ?? [];

/** With and without a certificate, and something in the header already. */
const SHOWN: readonly Request[] = ['/forged', '/shown', '/behind'].flatMap((path) =>
  [{}, { 'x-forwarded-client-cert': FORGED }].flatMap((headers) => [
    fromOutside(8080, path, { headers }),
    fromOutside(8443, path, { headers, tls: { sni: SHOP } }),
    fromOutside(8443, path, { headers, tls: { sni: SHOP, clientCert: { principal: PARTNER } } }),
  ]),
);

/** Whom a gateway believes what a request says of its way. */
export const gatewayTrustScenes = ({ authority }: Credentials): readonly Scene[] => {
  const base = [
    tlsSecret('cert', authority.server, authority.ca),
    gateway('public', `${HTTP_SERVER}, ${httpsServer('mode: OPTIONAL_MUTUAL, credentialName: cert')}`),
    ALL_TO_SERVER,
  ];
  const header = (value: string): string =>
    `when: [{ key: "request.headers[x-forwarded-client-cert]", values: ["${value}"] }]`;
  const forwarding = (details: string | undefined): Scene => ({
    name: `X-Forwarded-Client-Cert under ${details ?? 'no setting'}`,
    ...(details === undefined ? {} : { proxyConfig: { gatewayTopology: { forwardClientCertDetails: details } } }),
    objects: all(
      ...base,
      authorization(
        'header',
        `{ ${AT_GATEWAY}, rules: [{ to: [{ operation: { paths: [/forged] } }], ${header('By=forged*')} }, { to: [{ operation: { paths: [/shown] } }], ${header(`*URI=spiffe://${PARTNER}`)} }, { to: [{ operation: { paths: [/behind, /open] } }] }] }`,
        'edge',
      ),
      authorization(
        'header',
        `{ ${SERVER_ONLY}, rules: [{ to: [{ operation: { notPaths: [/behind] } }] }, { ${header('By=forged*')} }] }`,
      ),
    ),
    requests: [...SHOWN, fromOutside(8080, '/open')],
  });
  return [
    forwarding(undefined),
    ...['SANITIZE', 'FORWARD_ONLY', 'APPEND_FORWARD', 'SANITIZE_SET', 'ALWAYS_FORWARD_ONLY'].map(forwarding),
    {
      name: 'two trusted proxies in front of the gateway',
      proxyConfig: { gatewayTopology: { numTrustedProxies: 2 } },
      objects: all(
        tlsSecret('cert', authority.server),
        gateway(
          'public',
          `${HTTP_SERVER.replace('hosts', 'tls: { httpsRedirect: true }, hosts')}, ${httpsServer('mode: SIMPLE, credentialName: cert')}`,
        ),
        ALL_TO_SERVER,
        authorization(
          'addresses',
          `{ ${AT_GATEWAY}, rules: [{ from: [{ source: { remoteIpBlocks: ["192.0.2.0/24"] } }], to: [{ operation: { paths: [/remote, /behind] } }] }, { from: [{ source: { ipBlocks: ["${OTHER_IP}"] } }], to: [{ operation: { paths: [/direct] } }] }] }`,
          'edge',
        ),
        authorization(
          'addresses',
          `{ ${SERVER_ONLY}, action: DENY, rules: [{ from: [{ source: { remoteIpBlocks: ["192.0.2.0/24"] } }], to: [{ operation: { paths: [/behind] } }] }] }`,
        ),
      ),
      requests: [
        ...['/remote', '/direct', '/behind'].flatMap((path) =>
          [
            '192.0.2.7',
            '192.0.2.7, 198.51.100.1',
            '198.51.100.1, 192.0.2.7',
            '192.0.2.7, 198.51.100.1, 198.51.100.2',
            '198.51.100.1, 192.0.2.7, 198.51.100.2',
          ].flatMap((addresses) => [
            fromOutside(8443, path, { headers: { 'x-forwarded-for': addresses }, tls: { sni: SHOP } }),
            fromOutside(8443, path, { headers: { 'x-forwarded-for': addresses }, tls: { sni: SHOP }, ip: OTHER_IP }),
          ]),
        ),
        // The redirect is by the scheme that a trusted proxy tells.
        ...['http', 'https'].map((proto) =>
          fromOutside(8080, '/remote', {
            headers: { 'x-forwarded-proto': proto, 'x-forwarded-for': '192.0.2.7, 198.51.100.1' },
          }),
        ),
      ],
    },
  ];
};
