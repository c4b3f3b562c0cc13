import { describe, expect, it } from 'vitest';
import { meshOf } from '../../test/mesh-of.ts';
import type { Request } from '../result/request.ts';
import { decide } from './decide.ts';
import { Enforcement } from './enforcement.ts';
import { resolveRequest } from './resolve-request.ts';
import type { Verdict } from './verdict.ts';

const pod = (namespace: string, name: string): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: ${namespace}, labels: { app: ${name} } }
spec: { serviceAccountName: ${name}, containers: [{ name: app, image: 'app:1', ports: [{ containerPort: 8080 }] }] }
`;

const MESH = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { tier: gold, istio.io/dataplane-mode: ambient } }
---
apiVersion: v1
kind: Namespace
metadata: { name: lab }
---${pod('shop', 'web')}---${pod('shop', 'cart')}---${pod('lab', 'probe')}`;

function ask(more: string, request: Pick<Request, 'from' | 'to'>): Verdict {
  const enforcement = new Enforcement(meshOf(`${MESH}---${more}`).mesh);
  const queries = resolveRequest(enforcement.mesh, request);
  if ('error' in queries) throw new Error(queries.error);
  const [query] = queries;
  if (!query) throw new Error('no query');
  return decide(enforcement, query);
}

const admin = (action: string, port: number): string => `
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: { name: guard }
spec:
  priority: 1
  subject: { namespaces: { matchLabels: { tier: gold } } }
  ingress:
    - { action: Pass, from: [{ namespaces: { matchLabels: { tier: silver } } }] }
    - { action: ${action}, from: [{ namespaces: {} }], ports: [{ portNumber: { protocol: TCP, port: ${port} } }] }
`;

const toWeb = { workload: 'shop/web', port: 8080 } as const;

describe('AdminNetworkPolicy on the way of a request', () => {
  it('stops it, with the rule and its line', () => {
    const verdict = ask(admin('Deny', 8080), { from: { workload: 'lab/probe' }, to: toWeb });
    expect(verdict).toMatchObject({
      outcome: 'deny',
      point: 'network-policy',
      by: { kind: 'AdminNetworkPolicy', namespace: '', name: 'guard', rule: 1 },
      assumes: ['the CNI implements AdminNetworkPolicy'],
    });
    const line = `${MESH}---${admin('Deny', 8080)}`.split('\n').findIndex((text) => text.includes('action: Deny')) + 1;
    expect(verdict.by?.location).toMatchObject({ file: 'mesh.yaml', line });
  });

  it('sees HBONE on 15008 alone', () => {
    const inMesh = { from: { workload: 'shop/cart' }, to: toWeb } as const;
    expect(ask(admin('Deny', 8080), inMesh).outcome).toBe('allow');
    expect(ask(admin('Deny', 15008), inMesh).outcome).toBe('deny');
  });

  it('is in the trace where it admits over a NetworkPolicy', () => {
    const isolate = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: closed, namespace: shop }
spec: { podSelector: {} }
`;
    const from = { workload: 'lab/probe' };
    expect(ask(isolate, { from, to: toWeb }).outcome).toBe('deny');
    const verdict = ask(`${isolate}---${admin('Allow', 8080)}`, { from, to: toWeb });
    expect(verdict).toMatchObject({ outcome: 'allow', assumes: ['the CNI implements AdminNetworkPolicy'] });
    expect(verdict.trace[0]).toMatchObject({
      stage: 'network-policy',
      outcome: 'pass',
      text: 'ingress rule 1 of AdminNetworkPolicy guard admits it',
    });
  });

  it('is not asked where the CNI does not enforce policies of the network', () => {
    const enforcement = new Enforcement(
      meshOf(`${MESH}---${admin('Deny', 8080)}`, { cni: 'ignores-network-policy' }).mesh,
    );
    const queries = resolveRequest(enforcement.mesh, { from: { workload: 'lab/probe' }, to: toWeb });
    if ('error' in queries) throw new Error(queries.error);
    expect(queries.map((query) => decide(enforcement, query).outcome)).toEqual(['allow']);
  });
});
