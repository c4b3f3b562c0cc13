import { describe, expect, it } from 'vitest';
import { factsOfText } from '../../test/judge-fixture.ts';
import type { PortFacts } from './facts.ts';

const SHOP = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: 'web:1', ports: [{ containerPort: 8080 }] }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: only-api, namespace: shop }
spec: { rules: [{ from: [{ source: { principals: [cluster.local/ns/shop/sa/api] } }] }] }
`;

function portWith(more = ''): PortFacts {
  const facts = factsOfText(`${SHOP}${more && `---\n${more}`}`, 'shop.yaml');
  const [port] = facts.mesh.workloads.flatMap((workload) => facts.ports(workload));
  if (!port) throw new Error('no port');
  return port;
}

const filter = (patch: string): string => `
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: ef, namespace: shop }
spec: { configPatches: [${patch}] }
`;

describe('what is not modelled makes conclusions conditional', () => {
  it('is certain without anything of the kind', () => {
    expect(portWith().authorization).toMatchObject({ posture: 'restricted', status: 'INFERRED' });
  });

  it('names an EnvoyFilter that may take the RBAC filter away', () => {
    const remove =
      '{ applyTo: HTTP_FILTER, match: { context: SIDECAR_INBOUND }, patch: { operation: REMOVE, value: { name: envoy.filters.http.rbac } } }';
    const { authorization } = portWith(filter(remove));
    expect(authorization).toMatchObject({ posture: 'conditional', status: 'UNKNOWN' });
    expect(authorization.why).toContain('EnvoyFilter shop/ef');
  });

  it.each([
    [
      'adds a rate limit',
      '{ applyTo: HTTP_FILTER, match: { context: SIDECAR_INBOUND }, patch: { operation: INSERT_BEFORE, value: { name: envoy.filters.http.local_ratelimit } } }',
    ],
    [
      'is about outbound traffic',
      '{ applyTo: HTTP_FILTER, match: { context: SIDECAR_OUTBOUND }, patch: { operation: REMOVE } }',
    ],
    ['is about clusters', '{ applyTo: CLUSTER, patch: { operation: MERGE } }'],
  ])('leaves it certain where an EnvoyFilter %s', (_what, patch) => {
    expect(portWith(filter(patch)).authorization.posture).toBe('restricted');
  });

  it('does not take a network policy that it cannot read for one that keeps others out', () => {
    const permissive = SHOP.replace('cluster.local/ns/shop/sa/api', '*').replace(
      "from: [{ source: { principals: ['*'] } }]",
      '',
    );
    const cilium =
      'apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: { name: cnp, namespace: shop }\nspec: {}\n';
    const facts = factsOfText(`${permissive.replace(/rules: .*/, 'rules: [{}] }')}---\n${cilium}`, 'shop.yaml');
    const [port] = facts.mesh.workloads.flatMap((workload) => facts.ports(workload));
    expect(port?.access.plaintext?.verdict.outcome).toBe('allow');
    expect(port?.access.plaintextFromAnyPod?.verdict.outcome).toBe('unknown');
  });
});
