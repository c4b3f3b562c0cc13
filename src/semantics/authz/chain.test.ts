import { describe, expect, it } from 'vitest';
import { decide } from '../decide.ts';
import { resolveRequest } from '../resolve-request.ts';
import { enforcementOf } from '../../../test/sidecar-scene.ts';

const WORKLOAD = {
  namespace: 'foo',
  labels: { app: 'a' },
  ports: [
    { number: 8080, name: 'http' },
    { number: 9000, name: 'tcp' },
  ],
};
const SERVICES = { 'authz/approve': [8000, 9000] };
const HTTP = { service: 'approve.authz.svc.cluster.local', port: 8000 };

const custom = (provider: string, path: string, dryRun = false): Record<string, unknown> => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: {
    name: `${provider}${path.slice(1)}`,
    namespace: 'foo',
    ...(dryRun ? { annotations: { 'istio.io/dry-run': 'true' } } : {}),
  },
  spec: { action: 'CUSTOM', provider: { name: provider }, rules: [{ to: [{ operation: { paths: [path] } }] }] },
});

/** What becomes of a request: `asks` where an external authorizer must approve. */
function verdict(
  extensionProviders: readonly object[],
  policies: readonly Record<string, unknown>[],
  path?: string,
): string {
  const enforcement = enforcementOf({ mesh: { extensionProviders }, workload: WORKLOAD, policies, services: SERVICES });
  const to = { workload: 'foo/app', port: path === undefined ? 9000 : 8080 };
  const queries = resolveRequest(enforcement.mesh, {
    from: { plaintext: true },
    to,
    ...(path === undefined ? {} : { http: { method: 'GET', path } }),
  });
  if ('error' in queries || !queries[0]) throw new Error('no query');
  const { outcome, requires } = decide(enforcement, queries[0]);
  return requires.some(({ kind }) => kind === 'ext-authz') ? 'asks' : outcome;
}

describe('CUSTOM as recorded from istiod and Envoy', () => {
  it.each<[string, object]>([
    ['a service that does not exist', { ...HTTP, service: 'gone.authz.svc.cluster.local' }],
    ['a short name', { ...HTTP, service: 'approve.authz' }],
    ['no port', { service: HTTP.service }],
    ['a path prefix without a slash', { ...HTTP, pathPrefix: 'check' }],
    ['a status that is none', { ...HTTP, statusOnError: '999' }],
    ['a lone star among the headers', { ...HTTP, includeRequestHeadersInCheck: ['*'] }],
  ])('%s refuses what matches, and TCP', (_name, envoyExtAuthzHttp) => {
    const providers = [{ name: 'ext', envoyExtAuthzHttp }];
    expect(verdict(providers, [custom('ext', '/a')], '/a')).toBe('deny');
    expect(verdict(providers, [custom('ext', '/a')], '/b')).toBe('allow');
    expect(verdict(providers, [custom('ext', '/a')])).toBe('deny');
  });

  it('a good HTTP authorizer is asked on HTTP alone; its port may be text', () => {
    const providers = [{ name: 'ext', envoyExtAuthzHttp: { ...HTTP, port: '8000' } }];
    expect(verdict(providers, [custom('ext', '/a')], '/a')).toBe('asks');
    expect(verdict(providers, [custom('ext', '/a')])).toBe('allow');
  });

  it('of two providers with one name the last holds', () => {
    const providers = [
      { name: 'ext', envoyExtAuthzHttp: HTTP },
      { name: 'ext', envoyExtAuthzGrpc: { ...HTTP, port: 9000 } },
    ];
    expect(verdict(providers, [custom('ext', '/a')])).toBe('asks');
  });

  it('a dry-run policy refuses with a provider that works, and does nothing otherwise', () => {
    const providers = [
      { name: 'ext', envoyExtAuthzHttp: HTTP },
      { name: 'two', envoyExtAuthzHttp: HTTP },
    ];
    expect(verdict(providers, [custom('ext', '/a', true)], '/a')).toBe('deny');
    expect(verdict(providers, [custom('nobody', '/a', true)], '/a')).toBe('allow');
    expect(verdict(providers, [custom('ext', '/a', true), custom('two', '/b')], '/a')).toBe('allow');
    expect(verdict(providers, [custom('ext', '/a', true), custom('two', '/b')], '/b')).toBe('deny');
  });
});
