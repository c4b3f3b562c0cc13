import { describe, expect, it } from 'vitest';
import { meshOf } from '../../../test/mesh-of.ts';
import { findOwner } from './owner.ts';

const namespace = (name: string, labels = '', annotations = '') => `---
{ apiVersion: v1, kind: Namespace, metadata: { name: ${name}, labels: { ${labels} }, annotations: { ${annotations} } } }
`;
const deployment = (place: string, name: string, { account = 'default', labels = '', metadata = '' } = {}) => `---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: ${place}, labels: { ${metadata} } }
spec: { template: { metadata: { labels: { app: ${name}, ${labels} } }, spec: { serviceAccountName: ${account}, containers: [{ name: app }] } } }
`;
const shop = namespace('shop', 'istio-injection: enabled');
const configMap = (name: string, mesh: string) => `---
{ apiVersion: v1, kind: ConfigMap, metadata: { name: ${name}, namespace: istio-system }, data: { mesh: '${mesh}' } }
`;

describe('identities', () => {
  it('are of those that have a proxy, and know who shares them', () => {
    const text = shop + deployment('shop', 'a', { account: 'web' }) + deployment('shop', 'b', { account: 'web' });
    const { mesh } = meshOf(text + namespace('plain') + deployment('plain', 'c', { account: 'web' }));
    expect([...mesh.identities].map(([identity, holders]) => [identity, holders.map(({ id }) => id)])).toEqual([
      ['cluster.local/ns/shop/sa/web', ['shop/a', 'shop/b']],
    ]);
    expect(mesh.workloads.map(({ identity }) => identity)).toEqual([
      null,
      'cluster.local/ns/shop/sa/web',
      'cluster.local/ns/shop/sa/web',
    ]);
  });

  it('are in the trust domain of the mesh, of the revision, or that the user states', () => {
    const text = shop + namespace('new', 'istio.io/rev: canary') + deployment('shop', 'a') + deployment('new', 'b');
    const configs =
      configMap('istio', 'trustDomain: old.example') + configMap('istio-canary', 'trustDomain: new.example');
    const identities = (input: string, facts = {}) =>
      meshOf(input, facts).mesh.workloads.map(({ identity }) => identity);
    expect(identities(text)).toEqual(['cluster.local/ns/new/sa/default', 'cluster.local/ns/shop/sa/default']);
    expect(identities(text + configs)).toEqual(['new.example/ns/new/sa/default', 'old.example/ns/shop/sa/default']);
    const stated = meshOf(text + configs, { trustDomain: 'told.example' });
    expect(stated.workload('new/b').identity).toBe('told.example/ns/new/sa/default');
    expect(stated.mesh.config.trustDomain).toMatchObject({ value: 'told.example', from: 'config' });
  });

  it('are the same in all clusters of a mesh', () => {
    const text = shop + deployment('shop', 'a');
    const { mesh } = meshOf({ east: text, west: text });
    expect([...mesh.identities.values()].map((holders) => holders.map(({ id }) => id))).toEqual([
      ['east:shop/a', 'west:shop/a'],
    ]);
  });
});

describe('scope', () => {
  it('is the namespaces that the input defines, and what the user says', () => {
    const service = '---\n{ apiVersion: v1, kind: Service, metadata: { name: s, namespace: seen }, spec: {} }\n';
    const text = shop + deployment('lived-in', 'a') + service;
    const { mesh } = meshOf(text, { complete: ['rbac', 'namespace:told', 'gateways'] });
    expect([...mesh.scope.namespaces]).toEqual(['lived-in', 'shop', 'told']);
    expect([...mesh.scope.complete]).toEqual(['gateways', 'rbac']);
    expect([...mesh.namespaces].map(([key, { defined }]) => [key, defined])).toEqual([
      ['lived-in', false],
      ['seen', false],
      ['shop', true],
    ]);
  });
});

describe('assumptions', () => {
  const assumptions = (text: string, facts = {}) => meshOf(text, facts).mesh.assumptions;

  it('are named where something rests on them', () => {
    expect(assumptions(shop + deployment('shop', 'a'))).toEqual([
      "the input has no mesh config: Istio's defaults hold",
      'the root namespace `istio-system` has no policy: none is in the input',
      'nothing but what the input shows leads in from outside: it has no gateway',
      'the objects of the input are applied together',
      "revision `default` exists, with the injection webhook of Istio's chart",
    ]);
  });

  it('go away with what the input shows or the user states', () => {
    expect(assumptions(shop + configMap('istio', 'rootNamespace: roots'))).toContain(
      'the root namespace `roots` has no policy: none is in the input',
    );
    expect(assumptions(shop, { complete: ['all'] })).toEqual(['the objects of the input are applied together']);
    expect(assumptions(shop, { complete: ['mesh-config', 'gateways', 'root-policies'] })).toHaveLength(1);
  });

  it('speak of network policy, credentials and keys only if there are any', () => {
    const policies = `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: np, namespace: shop }
spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/8 } }] }] }
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: jwt, namespace: shop }
spec: { jwtRules: [{ issuer: 'https://issuer.example' }] }
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: gw, namespace: shop }
spec: { servers: [{ port: { number: 443, protocol: HTTPS, name: https }, hosts: ['*'], tls: { mode: SIMPLE, credentialName: cert } }] }
`;
    const listed = assumptions(shop + policies);
    expect(listed).toEqual(
      expect.arrayContaining([
        'the CNI enforces NetworkPolicy',
        'an `ipBlock` matches pod addresses too',
        'the key sets of JWT issuers are reachable',
        'the credentials that gateways refer to exist',
      ]),
    );
    expect(assumptions(shop + policies, { cni: 'ignores-network-policy' })).not.toContain(
      'the CNI enforces NetworkPolicy',
    );
  });
});

describe('owners', () => {
  const ownerOf = (text: string, owners = {}) => meshOf(text, { owners }).workload('shop/a').owner;

  it('are found on the object, its pods, its namespace, in that order', () => {
    const owned = namespace('shop', 'team: by-namespace');
    expect(ownerOf(owned + deployment('shop', 'a'))).toBe('by-namespace');
    expect(ownerOf(owned + deployment('shop', 'a', { labels: 'team: by-pod' }))).toBe('by-pod');
    expect(ownerOf(owned + deployment('shop', 'a', { labels: 'team: by-pod', metadata: 'team: by-object' }))).toBe(
      'by-object',
    );
    expect(ownerOf(namespace('shop') + deployment('shop', 'a'))).toBeUndefined();
  });

  it('are what the user says before what is usual', () => {
    const text = namespace('shop', 'team: usual, squad: told', '"example.com/owner": noted') + deployment('shop', 'a');
    expect(ownerOf(text, { label: 'squad' })).toBe('told');
    expect(ownerOf(text, { annotation: 'example.com/owner' })).toBe('noted');
    expect(ownerOf(text, { label: 'absent' })).toBe('usual');
  });

  it('are the Argo application if nothing else tells', () => {
    const place = (annotations: Record<string, string>, labels = {}) => [{ labels, annotations }];
    expect(findOwner(undefined, place({ 'argocd.argoproj.io/instance': 'app' }))).toBe('app');
    expect(findOwner(undefined, place({}, { 'argocd.argoproj.io/instance': 'app' }))).toBe('app');
    expect(findOwner(undefined, place({ 'argocd.argoproj.io/tracking-id': 'app:apps/Deployment:shop/a' }))).toBe('app');
    expect(findOwner(undefined, place({ 'argocd.argoproj.io/instance': 'app' }, { owner: 'me' }))).toBe('me');
  });
});

describe('the inventory', () => {
  const documents = [
    shop,
    namespace('plain', '"istio.io/dataplane-mode": ambient'),
    deployment('shop', 'b', { labels: 'version: v1' }),
    deployment('shop', 'a'),
    deployment('plain', 'c'),
    '---\n{ apiVersion: v1, kind: Service, metadata: { name: a, namespace: shop }, spec: { selector: { app: a }, ports: [{ name: http, port: 80 }] } }\n',
    '---\n{ apiVersion: v1, kind: Service, metadata: { name: a2, namespace: shop }, spec: { selector: { app: a }, ports: [{ name: tcp, port: 80 }] } }\n',
    '---\n{ apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: { name: gw, namespace: shop }, spec: { gatewayClassName: istio, listeners: [{ name: x, port: 80, protocol: HTTP }] } }\n',
  ];
  const plain = (text: string) => {
    const { mesh, diagnostics } = meshOf(text);
    const workloads = mesh.workloads.map(({ resource, dataPlane: { by, ...dataPlane }, ...rest }) => ({
      ...rest,
      dataPlane,
      by: by?.name,
    }));
    const services = mesh.services.map(({ resource, ...rest }) => rest);
    return JSON.stringify([
      workloads,
      services,
      mesh.assumptions,
      [...mesh.namespaces.keys()],
      diagnostics.map(({ message }) => message),
    ]);
  };

  it('is the same in whatever order documents come', () => {
    const expected = plain(documents.join(''));
    expect(JSON.parse(expected)[0].map(({ id }: { id: string }) => id)).toEqual([
      'plain/c',
      'shop/a',
      'shop/b',
      'shop/gw-istio',
    ]);
    for (let turn = 1; turn < documents.length; turn++) {
      const turned = [...documents.slice(turn), ...documents.slice(0, turn)];
      expect(plain(turned.join(''))).toBe(expected);
      expect(plain(turned.reverse().join(''))).toBe(expected);
    }
  });

  it('indexes workloads by id, namespace and identity', () => {
    const { mesh } = meshOf(documents.join(''));
    expect(mesh.workloads.every((workload) => mesh.workloadById.get(workload.id) === workload)).toBe(true);
    expect(mesh.workloadsByNamespace.get('shop')?.map(({ name }) => name)).toEqual(['a', 'b', 'gw-istio']);
    expect(mesh.workloadsByNamespace.get('none')).toBeUndefined();
    expect(mesh.services.every((service) => mesh.serviceById.get(service.id) === service)).toBe(true);
    expect(mesh.clusters).toEqual(['']);
  });

  it('of nothing is empty', () => {
    const { mesh, diagnostics } = meshOf('');
    expect([mesh.workloads, mesh.services, mesh.clusters, diagnostics]).toEqual([[], [], [], []]);
    expect(mesh.config.rootNamespace.value).toBe('istio-system');
  });
});
