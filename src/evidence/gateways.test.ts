import { describe, expect, it } from 'vitest';
import { changed, evidenceOf, observed } from '../../test/seen-mesh.ts';
import { readText } from '../collect/collect.ts';
import { keepObservation, type KeptObservation } from '../collect/dumps/keep-observation.ts';
import { loadMesh } from '../engine/load-mesh.ts';
import { requestOf } from '../graph/request-of.ts';
import { Enforcement } from '../semantics/enforcement.ts';
import { readEvidence } from './read-evidence.ts';

const manifests = `apiVersion: v1
kind: Namespace
metadata: {name: ingress}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway, namespace: ingress}
spec:
  replicas: 1
  selector: {matchLabels: {istio: ingressgateway}}
  template:
    metadata:
      labels: {istio: ingressgateway, sidecar.istio.io/inject: "true"}
      annotations: {inject.istio.io/templates: gateway}
    spec:
      serviceAccountName: gateway
      containers: [{name: istio-proxy, image: auto, ports: [{containerPort: 8080}]}]
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: web, namespace: ingress}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 8080, name: http, protocol: HTTP}, hosts: ["shop.example"]}]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: no-admin, namespace: ingress}
spec:
  action: DENY
  rules: [{to: [{operation: {paths: ["/admin*"]}}]}]
`;

const dump = JSON.stringify({
  configs: [
    {
      '@type': 'type.googleapis.com/envoy.admin.v3.BootstrapConfigDump',
      bootstrap: {
        node: {
          id: 'router~10.0.0.9~gateway-77d4-abcde.ingress~ingress.svc.cluster.local',
          metadata: { NAME: 'gateway-77d4-abcde', NAMESPACE: 'ingress', WORKLOAD_NAME: 'gateway' },
        },
      },
    },
    {
      '@type': 'type.googleapis.com/envoy.admin.v3.ListenersConfigDump',
      dynamic_listeners: [
        {
          name: '0.0.0.0_8080',
          active_state: {
            listener: {
              name: '0.0.0.0_8080',
              address: { socket_address: { address: '0.0.0.0', port_value: 8080 } },
              filter_chains: [
                {
                  filters: [
                    {
                      name: 'envoy.filters.network.http_connection_manager',
                      typed_config: {
                        http_filters: [
                          {
                            name: 'envoy.filters.http.rbac',
                            typed_config: {
                              rules: {
                                action: 'DENY',
                                policies: {
                                  'ns[ingress]-policy[no-admin]-rule[0]': {
                                    permissions: [{ url_path: { path: { prefix: '/admin' } } }],
                                    principals: [{ any: true }],
                                  },
                                },
                              },
                            },
                          },
                          { name: 'envoy.filters.http.router', typed_config: {} },
                        ],
                      },
                    },
                  ],
                },
              ],
            },
          },
        },
      ],
    },
  ],
});

const seen = (text: string) => {
  const evidence = evidenceOf(manifests, text);
  const [workload] = evidence.all;
  return { evidence, port: workload?.ports.get(8080), captured: workload?.captured.state };
};

describe('a dump of a gateway', () => {
  it('verifies the policies of a listener, and that it ends no TLS; its routes are not in it', () => {
    const { evidence, port, captured } = seen(dump);
    expect(captured).toBe('verified');
    expect(port).toMatchObject({ policies: { state: 'verified' }, tokens: { state: 'verified' } });
    expect(port?.mtls.state).toBe('verified');
    expect(port?.routes).toEqual({ state: 'open', why: 'routes are not in the dump' });
    expect(evidence.drifts).toEqual([]);
  });

  it('shows a request that only the gateway lets through', () => {
    const { evidence } = seen(changed(dump, ['"prefix":"/admin"', '"prefix":"/admin/"']));
    expect(evidence.drifts).toMatchObject([
      { kind: 'policies', port: 8080, looser: 'proxy', witness: { http: { path: expect.stringMatching(/^\/admin/) } } },
    ]);
  });

  it('of a waypoint proves nothing of its policies, and contradicts nothing', () => {
    const { evidence, port } = seen(changed(dump, ['router~', 'waypoint~']));
    expect(port?.policies).toMatchObject({ state: 'open', why: expect.stringContaining('waypoint') });
    expect(evidence.drifts).toEqual([]);
  });
});

/** An HTTPS gateway with one route, and what istiod sends to it. */
const https = `${manifests.slice(0, manifests.indexOf('apiVersion: networking'))}apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: web, namespace: ingress}
spec:
  selector: {istio: ingressgateway}
  servers:
  - port: {number: 8080, name: https, protocol: HTTPS}
    hosts: ["shop.example"]
    tls: {mode: MUTUAL, credentialName: shop, minProtocolVersion: TLSV1_3}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: ingress}
spec:
  hosts: ["shop.example"]
  gateways: [web]
  http: [{match: [{uri: {prefix: /old}}], redirect: {uri: /}}, {route: [{destination: {host: web, port: {number: 80}}}]}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: ingress}
spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
`;
const context = {
  require_client_certificate: true,
  common_tls_context: {
    tls_params: { tls_minimum_protocol_version: 'TLSv1_3' },
    combined_validation_context: {
      default_validation_context: {},
      validation_context_sds_secret_config: { name: 'kubernetes://shop-cacert' },
    },
  },
};
const route = (cluster: string) => ({ match: { prefix: '/' }, route: { cluster } });
const WEB = 'outbound|80||web.ingress.svc.cluster.local';

function served({
  tls = context as object,
  name = 'shop.example',
  domains = ['shop.example', 'shop.example:*'],
  cluster = WEB,
} = {}): string {
  const whole = JSON.parse(dump);
  const [chain] = whole.configs[1].dynamic_listeners[0].active_state.listener.filter_chains;
  chain.filter_chain_match = { server_names: [name] };
  chain.transport_socket = {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
      ...tls,
    },
  };
  chain.filters[0].typed_config = {
    rds: { route_config_name: 'https.8080' },
    http_filters: [{ name: 'envoy.filters.http.router' }],
  };
  whole.configs.push({
    '@type': 'type.googleapis.com/envoy.admin.v3.RoutesConfigDump',
    dynamic_route_configs: [
      {
        route_config: {
          name: 'https.8080',
          virtual_hosts: [
            { name: 'shop', domains, routes: [{ match: { prefix: '/old' }, redirect: {} }, route(cluster)] },
          ],
        },
      },
    ],
  });
  return JSON.stringify(whole);
}

/** The input claims to know all. */
function seenWhole(text: string, more = '') {
  const { mesh } = loadMesh(readText(`${https}${more}`, 'mesh.yaml').objects, { complete: ['gateways'] });
  const { drifts, all } = readEvidence(new Enforcement(mesh), observed(text));
  const rows = drifts.map(({ kind, port, looser, what }) => [kind, port, looser ?? '', what].join(' '));
  const [port] = all.map(({ ports }) => ports.get(8080));
  return { rows, tls: port?.mtls.state, routes: port?.routes?.state, witness: drifts[0]?.witness };
}

describe('what a gateway serves', () => {
  it('is verified where TLS, names and clusters are as configured', () => {
    expect(seenWhole(served())).toMatchObject({ rows: [], tls: 'verified', routes: 'verified' });
  });

  it('shows weaker TLS, with a request', () => {
    const { rows, tls, routes, witness } = seenWhole(served({ tls: { require_client_certificate: false } }));
    expect(rows).toEqual([
      'serving 8080 proxy for `shop.example` the proxy ends TLS, asks for no certificate, and reads HTTP; the configuration ends TLS, asks for a certificate, and reads HTTP',
    ]);
    expect([tls, routes]).toEqual(['contradicted', 'verified']);
    expect(witness && requestOf(witness)).toMatchObject({
      from: { internet: true },
      to: { gateway: 'ingress/gateway', port: 8080 },
      tls: { sni: 'shop.example' },
      http: { host: 'shop.example' },
    });
    const optional = { ...context, require_client_certificate: false };
    expect(seenWhole(served({ tls: optional })).rows[0]).toContain('asks for a certificate if there is one');
    const older = { ...context, common_tls_context: { ...context.common_tls_context, tls_params: {} } };
    expect(seenWhole(served({ tls: older })).rows).toEqual([
      'serving 8080 proxy for `shop.example` the proxy takes TLS from version 1.2 on, the configuration from 1.3 on',
    ]);
  });

  it('shows a name that only one side has, and a host that is led elsewhere', () => {
    expect(seenWhole(served({ name: 'old.example' })).rows).toEqual([
      'serving 8080 proxy for `old.example` the proxy ends TLS, asks for a certificate, and reads HTTP; nothing in the input serves it',
      'serving 8080 configuration for `shop.example` the configuration ends TLS, asks for a certificate, and reads HTTP; the proxy does not serve it',
    ]);
    expect(seenWhole(served({ cluster: 'outbound|80||old.ingress.svc.cluster.local' })).rows).toEqual([
      'serving 8080  for `shop.example` the proxy leads to an answer of its own, `outbound|80||old.ingress.svc.cluster.local`; the configuration leads to an answer of its own, `outbound|80||web.ingress.svc.cluster.local`',
    ]);
  });

  it('is open where the input may lack Gateways and routes, or an EnvoyFilter patches them', () => {
    const more = served({ domains: ['*'] });
    expect(seenWhole(more).rows.length).toBe(2);
    const evidence = evidenceOf(https, served({ name: '*.example' }));
    expect(evidence.drifts.map(({ what }) => what)).toEqual([
      expect.stringContaining('for `shop.example` the configuration ends TLS'),
    ]);
    const filter = `---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: patch, namespace: ingress}
spec:
  configPatches: [{applyTo: VIRTUAL_HOST, match: {context: GATEWAY}, patch: {operation: MERGE, value: {}}}]
`;
    expect(seenWhole(more, filter)).toMatchObject({ rows: [], tls: 'open', routes: 'open' });
    expect(seenWhole(served(), filter)).toMatchObject({ rows: [], tls: 'verified', routes: 'verified' });
  });

  it('is kept of a dump whole, and no key with it', () => {
    const [whole] = observed(served());
    const kept = keepObservation(whole as KeptObservation);
    const { mesh } = loadMesh(readText(https, 'mesh.yaml').objects, { complete: ['gateways'] });
    const shown = (observation: typeof whole) =>
      readEvidence(new Enforcement(mesh), observation ? [observation] : []).all;
    expect(shown(kept).map(({ ports }) => [...ports])).toEqual(shown(whole).map(({ ports }) => [...ports]));
  });
});
