import { describe, expect, it } from 'vitest';
import { auditResult } from '../../src/result/schema.ts';
import { auditShared, countBy, NO_SHARED, portOf, workloadOf } from './corpus.ts';

const why = NO_SHARED ? ` (skipped: ${NO_SHARED})` : '';

describe.skipIf(NO_SHARED)(`online-boutique${why}`, () => {
  it('has twelve workloads whose enrolment the input does not show, and one managed gateway', async () => {
    const result = await auditShared('corpus/online-boutique/platform.yaml');
    expect(() => auditResult.parse(JSON.parse(JSON.stringify(result)))).not.toThrow();
    expect(countBy(result.inventory.workloads, ({ dataPlane }) => `${dataPlane.kind} ${dataPlane.status}`)).toEqual({
      'none UNKNOWN': 12,
      'gateway INFERRED': 1,
    });
    expect(workloadOf(result, 'default/istio-gateway-istio').kind).toBe('Gateway');
    const [gateway] = result.inventory.gateways;
    expect(gateway).toMatchObject({ workload: 'default/istio-gateway-istio', exposed: 'internet' });
    expect(gateway?.routes.map(({ to, workloads }) => [to, workloads])).toEqual([
      ['default/frontend:80', ['default/frontend']],
    ]);
  });

  it('finds that the NetworkPolicies cut the gateway off, so that nothing is reached from the internet', async () => {
    const result = await auditShared('corpus/online-boutique/platform.yaml');
    expect(portOf(result, 'default/frontend', 8080).exposure).toMatchObject({ internet: false, plaintext: true });
    expect(result.inventory.externalHosts).toEqual([
      '*.googleapis.com',
      'accounts.google.com',
      'metadata.google.internal',
    ]);
  });
});

describe.skipIf(NO_SHARED)(`anthos-samples${why}`, () => {
  it('reads unrendered kustomize sources for what they are: policies without workloads', async () => {
    const result = await auditShared('corpus/anthos-samples/online-boutique');
    expect(result.inventory.workloads).toEqual([]);
    expect(result.input.counts.AuthorizationPolicy).toBeGreaterThanOrEqual(11);
    expect(result.verdict).toBe('INCONCLUSIVE');
    expect(result.score.value).toBeNull();
    expect(result.findings).toEqual([]);
    expect(result.diagnostics.some(({ message, help }) => /kustom/i.test(message + help))).toBe(true);
  });
});

describe.skipIf(NO_SHARED)(`bookinfo${why}`, () => {
  it('has no enrolled workload, and a gateway that is taken to be exposed', async () => {
    const result = await auditShared('corpus/istio/bookinfo');
    expect(workloadOf(result, 'default/reviews-v1').dataPlane).toMatchObject({ kind: 'none', status: 'UNKNOWN' });
    const gateway = result.inventory.gateways.find(({ routes }) =>
      routes.some(({ to }) => to.startsWith('default/productpage')),
    );
    expect(gateway?.why).toContain('not in the input');
    expect(gateway?.routes.map(({ match }) => match)).toContain('/productpage');
  });

  it('prints no secret of the input', async () => {
    const result = await auditShared('corpus/istio/bookinfo');
    expect(JSON.stringify(result)).not.toMatch(/cGFzc3dvcmQ=|"password"/);
  });
});

describe.skipIf(NO_SHARED)(`a recorded mesh${why}`, () => {
  it('states what its sidecars enforce', async () => {
    const result = await auditShared('samples/real-mesh/manifests.yaml');
    expect(workloadOf(result, 'demo/server-1').dataPlane).toMatchObject({ kind: 'sidecar', status: 'INFERRED' });
    const port = portOf(result, 'demo/server-1', 8080);
    expect(port).toMatchObject({
      protocol: 'http',
      mtls: { mode: 'STRICT', by: { kind: 'PeerAuthentication', namespace: 'demo', name: 'default' } },
      authorization: { posture: 'restricted' },
      exposure: { plaintext: false, anyIdentity: false, identities: ['cluster.local/ns/demo/sa/client-a'] },
    });
    expect(port.exposure.witness).toMatchObject({
      from: { principal: 'cluster.local/ns/demo/sa/client-a' },
      http: { method: 'GET', path: '/ok' },
    });
  });
});
