import { expect, test } from 'vitest';
import { meshOf } from '../../../test/mesh-of.ts';
import { Enforcement } from '../enforcement.ts';
import { outboundPolicies } from './outbound-policy.ts';

const base = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec: { template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: app, image: web }] } } }
`;
const config = (mode: string) => `
---
apiVersion: v1
kind: ConfigMap
metadata: { name: istio, namespace: istio-system }
data: { mesh: "outboundTrafficPolicy: { mode: ${mode} }" }
`;
const sidecar = (namespace: string, name: string, spec: string, created = '') => `
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: ${name}, namespace: ${namespace}${created && `, creationTimestamp: "${created}"`} }
spec: ${spec}
`;
const registryOnly = '{ outboundTrafficPolicy: { mode: REGISTRY_ONLY } }';

function modeOf(yaml: string) {
  const { mesh, workload } = meshOf(base + yaml);
  const { mode, why, by, from } = outboundPolicies(new Enforcement(mesh))(workload('shop/web'));
  return { mode, from, by: by && `${by.namespace}/${by.name}`, why };
}

test("is Istio's default without a mesh config, and what the mesh config says with one", () => {
  expect(modeOf('')).toMatchObject({ mode: 'ALLOW_ANY', from: 'default', by: null });
  expect(modeOf(config('REGISTRY_ONLY'))).toMatchObject({ mode: 'REGISTRY_ONLY', from: 'mesh-config', by: null });
});

test('one Sidecar applies: with a selector, of the namespace, of the root namespace', () => {
  const root = sidecar('istio-system', 'default', registryOnly);
  expect(modeOf(root)).toMatchObject({ mode: 'REGISTRY_ONLY', by: 'istio-system/default', from: 'sidecar' });
  const own = sidecar('shop', 'default', '{ outboundTrafficPolicy: { mode: ALLOW_ANY } }');
  expect(modeOf(root + own)).toMatchObject({ mode: 'ALLOW_ANY', by: 'shop/default' });
  const selected = sidecar(
    'shop',
    'web',
    '{ workloadSelector: { labels: { app: web } }, outboundTrafficPolicy: { mode: REGISTRY_ONLY } }',
  );
  expect(modeOf(root + own + selected)).toMatchObject({ mode: 'REGISTRY_ONLY', by: 'shop/web' });
  const other = sidecar(
    'shop',
    'api',
    '{ workloadSelector: { labels: { app: api } }, outboundTrafficPolicy: { mode: REGISTRY_ONLY } }',
  );
  expect(modeOf(own + other)).toMatchObject({ mode: 'ALLOW_ANY', by: 'shop/default' });
});

test('the one that applies is not merged with others: without a policy of its own, the mesh config holds', () => {
  const silent = sidecar('shop', 'default', '{ egress: [{ hosts: ["./*"] }] }');
  const root = sidecar('istio-system', 'default', registryOnly);
  expect(modeOf(silent + root)).toMatchObject({ mode: 'ALLOW_ANY', from: 'default' });
});

test('the oldest of several holds; a policy without a mode is REGISTRY_ONLY', () => {
  const old = sidecar('shop', 'b', '{ outboundTrafficPolicy: {} }', '2024-01-01T00:00:00Z');
  const young = sidecar('shop', 'a', '{ outboundTrafficPolicy: { mode: ALLOW_ANY } }', '2025-01-01T00:00:00Z');
  expect(modeOf(young + old)).toMatchObject({ mode: 'REGISTRY_ONLY', by: 'shop/b' });
});

test('nothing of the kind acts outside the mesh, at ztunnel or at gateways', () => {
  const { mesh, workload } = meshOf(
    base.replace('istio-injection: enabled', 'istio.io/dataplane-mode: ambient') + config('REGISTRY_ONLY'),
  );
  expect(outboundPolicies(new Enforcement(mesh))(workload('shop/web'))).toMatchObject({
    mode: 'none',
    why: 'ztunnel does not enforce an outbound policy',
  });
  const outside = meshOf(base.replace('istio-injection: enabled', 'team: a') + config('REGISTRY_ONLY'));
  expect(outboundPolicies(new Enforcement(outside.mesh))(outside.workload('shop/web')).mode).toBe('none');
});
