import { describe, expect, it } from 'vitest';
import { factsOfText } from '../../../test/judge-fixture.ts';
import { type Manifest, meshText, namespace, policy, selecting, workload } from '../../../test/small-mesh.ts';
import { routeReach } from './route-reach.ts';

const gateway = workload('edge', 'gw', {
  labels: { istio: 'ingressgateway' },
  annotations: { 'inject.istio.io/templates': 'gateway' },
  ports: { http2: 8080 },
}).map((each) =>
  each.kind === 'Service' ? { ...each, spec: { ...(each.spec as Manifest), type: 'LoadBalancer' } } : each,
);

const MESH: readonly Manifest[] = [
  namespace('shop'),
  namespace('edge'),
  ...workload('shop', 'api', { ports: { http: 8080 } }),
  ...gateway,
  {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: { name: 'gw', namespace: 'edge' },
    spec: {
      selector: { istio: 'ingressgateway' },
      servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
    },
  },
  {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'shop', namespace: 'edge' },
    spec: {
      hosts: ['shop.example', 'other.example'],
      gateways: ['gw'],
      http: [
        {
          match: [{ uri: { prefix: '/app' } }],
          rewrite: { uri: '/v1' },
          route: [{ destination: { host: 'api.shop.svc.cluster.local', port: { number: 80 } } }],
        },
      ],
    },
  },
  policy('AuthorizationPolicy', 'edge', 'no-x', {
    ...selecting('gw'),
    action: 'DENY',
    rules: [{ to: [{ operation: { paths: ['/app/x*'] } }] }, { to: [{ operation: { paths: ['/elsewhere'] } }] }],
  }),
  policy('AuthorizationPolicy', 'shop', 'api', {
    ...selecting('api'),
    rules: [
      { to: [{ operation: { methods: ['PATCH'], paths: ['*/audit'] } }] },
      { to: [{ operation: { paths: ['/v2*'] } }] },
    ],
  }),
];

describe('what gets in by a route', () => {
  it('is told by hosts, route, and the rules that let some of it in', () => {
    const { mesh, entrances, enforcement } = factsOfText(meshText(MESH), 'shop.yaml');
    const api = mesh.workloads.find(({ name }) => name === 'api');
    const [entrance] = api ? entrances.of(api, 8080) : [];
    if (!api || !entrance) throw new Error('no way in');
    expect(entrance.request.http).toMatchObject({ method: 'PATCH' });
    const reach = routeReach(enforcement, entrance, api, 8080);
    expect(reach?.hosts).toEqual(['shop.example', 'other.example']);
    expect(reach?.takes).toBe('/app*');
    // The route makes /v1 of what it takes, so that nothing of /v2 gets in.
    expect(reach?.may.map(({ what }) => what)).toEqual(['PATCH */audit']);
    expect(reach?.atGateway).toMatchObject([{ what: 'anything', by: null, except: [{ name: 'no-x', rule: 0 }] }]);
    expect(reach?.atGateway[0]?.except).toHaveLength(1);
  });
});
