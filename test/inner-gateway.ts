import { INJECTOR, type Manifest, namespace, policy, selecting, workload } from './small-mesh.ts';

/** Servers of the Gateway. */
export const MUTUAL = {
  port: { number: 81, name: 'https', protocol: 'HTTPS' },
  hosts: ['vault.example'],
  tls: { mode: 'ISTIO_MUTUAL' },
};
export const PLAIN = { port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['vault.example'] };
export const OTHER = { port: { number: 82, name: 'http-other', protocol: 'HTTP' }, hosts: ['web.example'] };
const http = { ports: { http: 8080 } } as const;

/** A route to `shop/NAME` by `NAME.example`. */
export const routeTo = (name: string, port: number): Manifest => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name, namespace: 'edge' },
  spec: {
    hosts: [`${name}.example`],
    gateways: ['inside'],
    http: [{ route: [{ destination: { host: `${name}.shop.svc.cluster.local`, port: { number: port } } }] }],
  },
});

/** `shop/vault`, which only the gateway `edge/inner` may call; `shop/web` and `shop/batch` are workloads like any other. */
export const innerGateway = (
  servers: readonly Manifest[],
  more: readonly Manifest[] = [],
  type = 'ClusterIP',
): readonly Manifest[] => [
  INJECTOR,
  namespace('istio-system', {}),
  namespace('edge'),
  namespace('shop'),
  ...workload('edge', 'inner', {
    labels: { istio: 'ingressgateway' },
    annotations: { 'inject.istio.io/templates': 'gateway' },
    ports: { http: 8080, https: 8443, 'http-other': 8082 },
  }).map((each) => (each.kind === 'Service' ? { ...each, spec: { ...(each.spec as Manifest), type } } : each)),
  ...workload('shop', 'web', http),
  ...workload('shop', 'batch', http),
  ...workload('shop', 'vault', http),
  {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: { name: 'inside', namespace: 'edge' },
    spec: { selector: { app: 'inner' }, servers },
  },
  routeTo('vault', 80),
  policy('PeerAuthentication', 'istio-system', 'default', { mtls: { mode: 'STRICT' } }),
  ...['web', 'batch'].map((name) => policy('AuthorizationPolicy', 'shop', name, { ...selecting(name), rules: [] })),
  policy('AuthorizationPolicy', 'shop', 'vault', {
    ...selecting('vault'),
    rules: [{ from: [{ source: { principals: ['cluster.local/ns/edge/sa/inner'] } }] }],
  }),
  ...more,
];
