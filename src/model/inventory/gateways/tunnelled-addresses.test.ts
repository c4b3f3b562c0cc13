import { describe, expect, it } from 'vitest';
import { meshOf } from '../../../../test/mesh-of.ts';

const policy = (target: string, action: string, rule: string): string => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: p, namespace: shop }
spec:
  ${target}
  action: ${action}
  rules:
    - ${rule}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: way, namespace: shop }
spec: { gatewayClassName: istio-waypoint, listeners: [{ name: mesh, port: 15008, protocol: HBONE }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: edge, namespace: shop }
spec: { gatewayClassName: istio, listeners: [{ name: http, port: 80, protocol: HTTP }] }
`;

const warnings = (text: string): readonly string[] =>
  meshOf(text)
    .diagnostics.filter(({ message }) => message.includes('at a waypoint'))
    .map(({ severity, file, line, message }) => `${severity} ${file}:${line} ${message}`);

const SERVICE = 'targetRefs: [{ kind: Service, name: api }]';
const WAYPOINT = 'targetRef: { group: gateway.networking.k8s.io, kind: Gateway, name: way }';
const EDGE = 'targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: edge }]';
const BLOCKS = 'from: [{ source: { ipBlocks: [10.0.0.0/8] } }]';

describe('addresses of direct peers in policies of waypoints', () => {
  it('admit and refuse nobody', () => {
    expect(warnings(policy(SERVICE, 'ALLOW', BLOCKS))).toEqual([
      'warning mesh.yaml:9 `ipBlocks` never matches at a waypoint, where this policy applies through `Service api`: the rule admits nobody',
    ]);
    expect(warnings(policy(WAYPOINT, 'DENY', BLOCKS))).toEqual([
      'warning mesh.yaml:9 `ipBlocks` never matches at a waypoint, where this policy applies through `Gateway way`: the rule refuses nobody',
    ]);
  });

  it('are told of one entry among several, of negations and of `when`', () => {
    const several = 'from: [{ source: { notIpBlocks: [10.0.0.0/8] } }, { source: { namespaces: [a] } }]';
    expect(warnings(policy(SERVICE, 'DENY', several))).toEqual([
      'warning mesh.yaml:9 `notIpBlocks` is always true at a waypoint, where this policy applies through `Service api`: this entry of `from` holds for clients at any address',
    ]);
    expect(warnings(policy(SERVICE, 'AUDIT', 'when: [{ key: source.ip, values: [10.0.0.1] }]'))).toEqual([
      'warning mesh.yaml:9 `source.ip` never matches at a waypoint, where this policy applies through `Service api`: the rule takes no request',
    ]);
  });

  it('mean something everywhere else, and so do addresses of clients', () => {
    expect(warnings(policy('selector: { matchLabels: { app: api } }', 'ALLOW', BLOCKS))).toEqual([]);
    expect(warnings(policy(EDGE, 'ALLOW', BLOCKS))).toEqual([]);
    expect(warnings(policy(SERVICE, 'ALLOW', 'from: [{ source: { remoteIpBlocks: [10.0.0.0/8] } }]'))).toEqual([]);
  });
});
