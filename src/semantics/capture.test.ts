import { describe, expect, it } from 'vitest';
import { meshOf } from '../../test/mesh-of.ts';
import { isCaptured } from './capture.ts';

const pod = (annotations: string, spec = ''): string => `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop, annotations: ${annotations} }
spec: { ${spec} containers: [{ name: web, image: 'web:1', ports: [{ containerPort: 8080 }] }] }
`;

describe('what a sidecar never sees (reference §1.4, §5.3)', () => {
  it.each([
    ['{}', 8080, true, ''],
    ['{ traffic.sidecar.istio.io/excludeInboundPorts: "8080" }', 8080, false, 'excludeInboundPorts'],
    ['{ traffic.sidecar.istio.io/excludeInboundPorts: "9090" }', 8080, true, ''],
    ['{ traffic.sidecar.istio.io/includeInboundPorts: "9090" }', 8080, false, 'includeInboundPorts'],
    ['{ traffic.sidecar.istio.io/includeInboundPorts: "" }', 8080, false, 'includeInboundPorts'],
    ['{ sidecar.istio.io/interceptionMode: NONE }', 8080, false, 'NONE'],
    ['{}', 15020, false, 'belongs to the proxy'],
    ['{}', 15090, false, 'belongs to the proxy'],
  ])('%s, port %i: captured %s', (annotations, port, captured, why) => {
    const outcome = isCaptured(meshOf(pod(annotations)).workload('shop/web'), port);
    expect(outcome.captured).toBe(captured);
    expect('why' in outcome ? outcome.why : '').toContain(why);
  });

  it('names the annotation and its line', () => {
    const outcome = isCaptured(
      meshOf(pod('{ traffic.sidecar.istio.io/excludeInboundPorts: "8080" }')).workload('shop/web'),
      8080,
    );
    expect('by' in outcome && outcome.by).toMatchObject({
      kind: 'Pod',
      name: 'web',
      location: { file: 'mesh.yaml', line: 8 },
    });
  });

  it('sees no UDP, and nothing of a pod on the host network', () => {
    expect(isCaptured(meshOf(pod('{}')).workload('shop/web'), 8080, 'UDP').captured).toBe(false);
    expect(isCaptured(meshOf(pod('{}', 'hostNetwork: true,')).workload('shop/web'), 8080).captured).toBe(false);
  });
});
