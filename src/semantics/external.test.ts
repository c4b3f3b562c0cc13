import { describe, expect, it } from 'vitest';
import { meshOf } from '../../test/mesh-of.ts';
import type { Request } from '../result/request.ts';
import { Enforcement } from './enforcement.ts';
import { decideRequest } from './decide-request.ts';

const enforcement = new Enforcement(
  meshOf(`
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop, labels: { app: web } }
spec: { containers: [{ name: web, image: 'web:1' }] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: partner-only, namespace: shop }
spec:
  podSelector: { matchLabels: { app: web } }
  policyTypes: [Egress]
  egress: [{ to: [{ ipBlock: { cidr: 203.0.113.0/24 } }], ports: [{ port: 443 }] }]
`).mesh,
);

const to = (external: string, port: number, at?: 'network-policy'): Request => ({
  from: { workload: 'shop/web' },
  to: { external, port, ...(at ? { at } : {}) },
});

describe('a workload sends to an address outside the cluster', () => {
  it.each([
    ['203.0.113.5', 443, 'allow'],
    ['203.0.113.5', 80, 'deny'],
    ['198.51.100.1', 443, 'deny'],
  ])('%s:%i by NetworkPolicy: %s', (ip, port, outcome) => {
    expect(decideRequest(enforcement, to(ip, port, 'network-policy'))).toMatchObject({
      outcome,
      by: { kind: 'NetworkPolicy', name: 'partner-only' },
    });
  });

  it('names a workload that is nearly right', () => {
    expect(
      decideRequest(enforcement, {
        from: { workload: 'shop/wep' },
        to: { external: '203.0.113.5', port: 443, at: 'network-policy' },
      }),
    ).toMatchObject({
      help: 'did you mean `shop/web`?',
    });
  });
});
