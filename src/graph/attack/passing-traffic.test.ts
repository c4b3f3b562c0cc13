import { expect, it } from 'vitest';
import { factsOfText } from '../../../test/judge-fixture.ts';
import { meshText, namespace, policy, workload } from '../../../test/small-mesh.ts';
import { passingTrafficOf } from './passing-traffic.ts';

it('says what a waypoint sees, and whose tokens', () => {
  const ambient = { 'istio.io/dataplane-mode': 'ambient', 'istio.io/use-waypoint': 'waypoint' };
  const waypoint = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'waypoint', namespace: 'shop', labels: { 'istio.io/waypoint-for': 'all' } },
    spec: {
      gatewayClassName: 'istio-waypoint',
      listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE' }],
    },
  };
  const jwt = policy('RequestAuthentication', 'shop', 'jwt', {
    targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'waypoint' }],
    jwtRules: [{ issuer: 'https://issuer.example', jwks: '{"keys":[]}' }],
  });
  const text = meshText([
    namespace('shop', ambient),
    ...workload('shop', 'web', { ports: { http: 8080 } }),
    waypoint,
    jwt,
  ]);
  const facts = factsOfText(text, 'mesh.yaml');
  const of = (kind: string) => {
    const found = facts.mesh.workloads.find(({ dataPlane }) => dataPlane.kind === kind);
    if (!found) throw new Error(`no ${kind}`);
    return passingTrafficOf(facts, found);
  };
  expect(of('gateway')).toMatchObject({ sees: ['shop/web'], tokensOf: ['https://issuer.example'] });
  expect(of('ambient')).toBeUndefined();
});
