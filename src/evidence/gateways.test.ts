import { describe, expect, it } from 'vitest';
import { changed, evidenceOf } from '../../test/seen-mesh.ts';

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
  it('verifies the policies of a listener; TLS is said not to be compared', () => {
    const { evidence, port, captured } = seen(dump);
    expect(captured).toBe('verified');
    expect(port).toMatchObject({ policies: { state: 'verified' }, tokens: { state: 'verified' } });
    expect(port?.mtls).toMatchObject({ state: 'open', why: expect.stringContaining('not compared') });
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
