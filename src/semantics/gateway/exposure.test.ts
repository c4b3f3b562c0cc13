import { describe, expect, it } from 'vitest';
import { EDGE_PLATFORM, TO_WEB, virtualService } from '../../../test/edge-platform.ts';
import { meshOf } from '../../../test/mesh-of.ts';
import { Enforcement } from '../enforcement.ts';
import { type Exposure, gatewayExposure } from './exposure.ts';
import { indexGateways } from './index-gateways.ts';

function exposure(from: string, to: string, more = ''): Exposure {
  expect(EDGE_PLATFORM).toContain(from);
  const { mesh, workload } = meshOf(EDGE_PLATFORM.replace(from, to) + more);
  return gatewayExposure(mesh, workload('edge/gateway'));
}

const TYPE = 'type: LoadBalancer';

describe('gatewayExposure', () => {
  it('goes by the Service before the pods, and says which field', () => {
    expect(exposure(TYPE, TYPE)).toMatchObject({
      exposed: 'internet',
      why: 'Service `edge/gateway` is a public load balancer',
      by: { kind: 'Service', name: 'gateway', clause: 'type' },
      assumes: [],
    });
    expect(exposure(TYPE, 'type: NodePort').exposed).toBe('node-network');
    expect(exposure(TYPE, 'type: ClusterIP').exposed).toBe('cluster');
    expect(exposure(TYPE, 'externalIPs: [192.0.2.1]')).toMatchObject({
      exposed: 'node-network',
      by: { clause: 'externalIPs' },
    });
  });

  it('tells public load balancers from private ones and from those for a few networks', () => {
    const name = 'kind: Service\nmetadata: { name: gateway, namespace: edge }';
    const annotated = `kind: Service\nmetadata: { name: gateway, namespace: edge, annotations: { networking.gke.io/load-balancer-type: Internal } }`;
    expect(exposure(name, annotated)).toMatchObject({
      exposed: 'node-network',
      why: expect.stringContaining('keeps private'),
    });
    expect(exposure(TYPE, `${TYPE}\n  loadBalancerSourceRanges: [198.51.100.0/24]`)).toMatchObject({
      exposed: 'node-network',
      why: expect.stringContaining('198.51.100.0/24'),
    });
    expect(exposure(TYPE, `${TYPE}\n  loadBalancerSourceRanges: [198.51.100.0/24, 0.0.0.0/0]`).exposed).toBe(
      'internet',
    );
  });

  it('counts what the pods take of their node', () => {
    const onNode = (from: string, to: string): Exposure => {
      const { mesh, workload } = meshOf(EDGE_PLATFORM.replace(TYPE, 'type: ClusterIP').replace(from, to));
      return gatewayExposure(mesh, workload('edge/gateway'));
    };
    expect(onNode('image: auto', 'image: auto, ports: [{ containerPort: 8080, hostPort: 80 }]')).toMatchObject({
      exposed: 'node-network',
      why: 'its pods take port 80 of their node',
    });
    expect(onNode('serviceAccountName: gateway', 'hostNetwork: true')).toMatchObject({
      exposed: 'node-network',
      why: 'its pods use the network of their node',
    });
  });

  it('is exposed by another ingress before it', () => {
    const ingress = `
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: front, namespace: edge }
spec: { ingressClassName: nginx, defaultBackend: { service: { name: gateway, port: { number: 80 } } } }
`;
    expect(exposure(TYPE, 'type: ClusterIP', ingress)).toMatchObject({
      exposed: 'internet',
      why: 'Ingress edge/front leads to it',
      assumes: [expect.stringContaining('served to the internet')],
    });
  });

  it('is not known where an ingress of a kind that is not read may lead there', () => {
    const route = `
---
apiVersion: route.openshift.io/v1
kind: Route
metadata: { name: front, namespace: edge }
spec: { to: { kind: Service, name: gateway } }
`;
    const found = exposure(TYPE, 'type: ClusterIP', route);
    expect(found.exposed).toBe('unknown');
    expect(found.why).toContain('Route edge/front');
  });

  it('takes a gateway without Service for one that the cluster alone reaches, and one without pods for exposed', () => {
    expect(exposure('selector: { istio: ingressgateway }', 'selector: { app: other }')).toMatchObject({
      exposed: 'cluster',
      by: null,
      assumes: [expect.stringContaining('edge/gateway')],
    });
    const [, ...objects] = (EDGE_PLATFORM + virtualService('web', `[{ ${TO_WEB} }]`)).split('---\n');
    const { mesh } = meshOf(objects.join('---\n'));
    const [proxy] = indexGateways(new Enforcement(mesh)).proxies;
    expect(proxy?.present).toBe(false);
    if (proxy)
      expect(gatewayExposure(mesh, proxy.workload)).toMatchObject({
        exposed: 'internet',
        by: { kind: 'Gateway' },
        assumes: [expect.stringContaining('and exposed')],
      });
  });
});
