import type { Request } from '../src/result/request.ts';
import { networking } from './decide-in.ts';
import { type Manifest, namespace, policy, workload } from './small-mesh.ts';

/** A client `web/front` and a server `shop/api`, and the objects that tell how one calls the other. */
const HTTP = { http: { method: 'GET', path: '/' } };

export const peerAuthentication = (mode: string, spec: Manifest = {}): Manifest =>
  policy('PeerAuthentication', 'shop', `pa-${mode.toLowerCase()}`, { mtls: { mode }, ...spec });

export const destinationRule = (tls: object | undefined): Manifest =>
  networking('DestinationRule', 'shop', 'api', {
    host: 'api.shop.svc.cluster.local',
    ...(tls ? { trafficPolicy: { tls } } : {}),
  });

/** Only identified callers pass: tells what the destination saw. */
export const KNOWN_ONLY = policy('AuthorizationPolicy', 'shop', 'known', {
  rules: [{ from: [{ source: { principals: ['cluster.local/ns/web/sa/front'] } }] }],
});

export const AMBIENT = { 'istio.io/dataplane-mode': 'ambient' };
export const base = (
  server: Readonly<Record<string, string>> = {},
  ports: Readonly<Record<string, number>> = { http: 8080, tcp: 9000 },
) => [
  namespace('web'),
  namespace('shop', Object.keys(server).length > 0 ? server : { 'istio-injection': 'enabled' }),
  ...workload('web', 'front'),
  ...workload('shop', 'api', { ports }),
];
export const call = (port = 80, http = true): Request => ({
  from: { workload: 'web/front' },
  to: { service: 'shop/api', port },
  ...(http ? HTTP : {}),
});
