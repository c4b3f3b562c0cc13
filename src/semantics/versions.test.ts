import { describe, expect, it } from 'vitest';
import { meshOf } from '../../test/mesh-of.ts';
import { meshConfig, meshText, namespace, policy, selecting, workload } from '../../test/small-mesh.ts';
import type { Request } from '../result/request.ts';
import { decide } from './decide.ts';
import { Enforcement } from './enforcement.ts';
import { resolveRequest } from './resolve-request.ts';
import { hasChange } from './versions.ts';

type Manifests = Parameters<typeof meshText>[0];

function outcomes(
  manifests: Manifests,
  request: Pick<Request, 'from'> & Partial<Request>,
  ...versions: readonly string[]
) {
  return versions.map((istioVersion) => {
    const { mesh } = meshOf(meshText(manifests), istioVersion === '' ? {} : { istioVersion });
    const queries = resolveRequest(mesh, {
      to: { workload: 'shop/web', port: 8080 },
      http: { method: 'GET', path: '/' },
      ...request,
    });
    if ('error' in queries) throw new Error(queries.error);
    return queries.map((query) => decide(new Enforcement(mesh), query).outcome).join();
  });
}

const web = [namespace('shop'), ...workload('shop', 'web', { ports: { http: 8080 } })];
const allow = (source: object) =>
  policy('AuthorizationPolicy', 'shop', 'p', { ...selecting('web'), rules: [{ from: [{ source }] }] });
const custom = (provider: string, metadata = {}) =>
  policy(
    'AuthorizationPolicy',
    'shop',
    'p',
    { ...selecting('web'), action: 'CUSTOM', provider: { name: provider }, rules: [{}] },
    metadata,
  );
const authorizer = (name: string) =>
  meshConfig({ extensionProviders: [{ name, envoyExtAuthzGrpc: { service: 'a.b.svc.cluster.local', port: 9000 } }] });
const by = (principal: string) => ({ from: { principal } });

describe('behaviour by release of Istio', () => {
  it('names of external authorizers are checked since 1.30', () => {
    const manifests = [...web, authorizer('My_Authz'), custom('My_Authz')];
    expect(outcomes(manifests, by('cluster.local/ns/a/sa/b'), '1.29.3', '1.30.0', '')).toEqual([
      'allow',
      'deny',
      'deny',
    ]);
  });

  it('a dry-run CUSTOM policy refuses since 1.30', () => {
    const manifests = [...web, authorizer('a'), custom('a', { annotations: { 'istio.io/dry-run': 'true' } })];
    expect(outcomes(manifests, by('cluster.local/ns/a/sa/b'), '1.29.3', '1.30.0', '')).toEqual([
      'allow',
      'deny',
      'deny',
    ]);
  });

  it('trustDomains exist since 1.31: before, the rule loses them', () => {
    const manifests = [...web, allow({ namespaces: ['a'], trustDomains: ['other'] })];
    expect(outcomes(manifests, by('cluster.local/ns/a/sa/b'), '1.30.4', '1.31.0', '')).toEqual([
      'allow',
      'deny',
      'deny',
    ]);
    expect(outcomes(manifests, by('cluster.local/ns/c/sa/b'), '1.30.4')).toEqual(['deny']);
  });

  it('serviceAccounts exist since 1.25', () => {
    const manifests = [...web, allow({ notNamespaces: ['x'], notServiceAccounts: ['a/b'] })];
    expect(outcomes(manifests, by('cluster.local/ns/a/sa/b'), '1.24.9', '1.25.0', '')).toEqual([
      'allow',
      'deny',
      'deny',
    ]);
  });

  it('a dot in serviceAccounts is any character before the fix of CVE-2026-39350', () => {
    const manifests = [...web, allow({ serviceAccounts: ['a/cert.io'] })];
    const versions = ['1.27.8', '1.27.9', '1.28.5', '1.28.6', '1.29.1', '1.29.2', '1.29', '1.30.0', ''];
    const expected = ['allow', 'deny', 'allow', 'deny', 'allow', 'deny', 'allow', 'deny', 'deny'];
    expect(outcomes(manifests, by('cluster.local/ns/a/sa/certXio'), ...versions)).toEqual(expected);
    expect(outcomes(manifests, by('cluster.local/ns/a/sa/cert.io'), '1.27.8', '')).toEqual(['allow', 'allow']);
  });

  it('a dot in principals with a leading star, and in namespaces, is any character before 1.30', () => {
    const suffix = [...web, allow({ principals: ['*/sa/cert.io'] })];
    expect(outcomes(suffix, by('cluster.local/ns/a/sa/certXio'), '1.29.3', '1.30.0', '')).toEqual([
      'allow',
      'deny',
      'deny',
    ]);
    expect(outcomes(suffix, by('cluster.local/ns/a/sa/certXio.b'), '1.29.3')).toEqual(['deny']);
    const names = [...web, allow({ namespaces: ['a.b'] })];
    expect(outcomes(names, by('cluster.local/ns/aXb/sa/c'), '1.29.3', '1.30.0', '')).toEqual(['allow', 'deny', 'deny']);
  });

  it('path templates exist since 1.22', () => {
    const manifests = [
      ...web,
      policy('AuthorizationPolicy', 'shop', 'p', {
        ...selecting('web'),
        rules: [{ to: [{ operation: { paths: ['/a/{*}'] } }] }],
      }),
    ];
    const request = { ...by('cluster.local/ns/a/sa/b'), http: { method: 'GET', path: '/a/b' } };
    expect(outcomes(manifests, request, '1.21.6', '1.22.0', '')).toEqual(['deny', 'allow', 'allow']);
  });

  it('targetRefs exist since 1.22: before, the policy means the whole namespace', () => {
    const manifests = [
      ...web,
      policy('AuthorizationPolicy', 'shop', 'p', {
        targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'edge' }],
        action: 'DENY',
        rules: [{}],
      }),
    ];
    expect(outcomes(manifests, by('cluster.local/ns/a/sa/b'), '1.21.6', '1.22.0', '')).toEqual([
      'deny',
      'allow',
      'allow',
    ]);
  });

  it('a policy at the GatewayClass of waypoints is enforced since 1.25', () => {
    const manifests = [
      namespace('shop', { 'istio.io/dataplane-mode': 'ambient', 'istio.io/use-waypoint': 'waypoint' }),
      ...workload('shop', 'web', { ports: { http: 8080 } }),
      {
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'Gateway',
        metadata: { name: 'waypoint', namespace: 'shop' },
        spec: { gatewayClassName: 'istio-waypoint', listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE' }] },
      },
      policy('AuthorizationPolicy', 'istio-system', 'p', {
        targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'GatewayClass', name: 'istio-waypoint' }],
      }),
    ];
    const request = {
      from: { principal: 'cluster.local/ns/a/sa/b' },
      to: { service: 'shop/web', port: 80 },
      http: { method: 'GET', path: '/' },
    };
    expect(outcomes(manifests, request, '1.24.9', '1.25.0', '')).toEqual(['allow', 'deny', 'deny']);
  });

  it('several STRICT ports at ztunnel are enforced since 1.25', () => {
    const ambient = [
      namespace('shop', { 'istio.io/dataplane-mode': 'ambient' }),
      ...workload('shop', 'web', { ports: { http: 8080, tcp: 9090 } }),
    ];
    const strict = (...ports: readonly number[]) => [
      ...ambient,
      policy('PeerAuthentication', 'shop', 'p', {
        ...selecting('web'),
        mtls: { mode: 'PERMISSIVE' },
        portLevelMtls: Object.fromEntries(ports.map((port) => [port, { mode: 'STRICT' }])),
      }),
    ];
    const plaintext = { from: { plaintext: true } } as const;
    expect(outcomes(strict(8080, 9090), plaintext, '1.24.9', '1.25.0', '')).toEqual(['allow', 'deny', 'deny']);
    expect(outcomes(strict(8080), plaintext, '1.24.9', '1.25.0')).toEqual(['deny', 'deny']);
  });

  it.each([
    ['1.32.0', true],
    ['1.31.9', false],
    ['', false],
    ['not a version', false],
  ])('trustDomains at ztunnel, %s: %s', (version, expected) => {
    expect(hasChange('trust-domains-at-ztunnel', version)).toBe(expected);
  });
});
