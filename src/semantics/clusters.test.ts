import { describe, expect, it } from 'vitest';
import { meshOf } from '../../test/mesh-of.ts';
import { meshConfig, meshText, namespace, policy, selecting, workload } from '../../test/small-mesh.ts';
import { regionsOf } from './algebra/region.ts';
import type { Request } from '../result/request.ts';
import { decide } from './decide.ts';
import { Enforcement } from './enforcement.ts';
import { resolveRequest } from './resolve-request.ts';
import type { Verdict } from './verdict.ts';

type Manifests = Parameters<typeof meshText>[0];

const istiod = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'istiod', namespace: 'istio-system', labels: { app: 'istiod' } },
  spec: {
    selector: { matchLabels: { app: 'istiod' } },
    template: {
      metadata: { labels: { app: 'istiod' } },
      spec: { containers: [{ name: 'discovery', image: 'pilot:1.31.0' }] },
    },
  },
};

/** A client and a server with a Service in each cluster. */
const shop = [namespace('shop'), ...workload('shop', 'client'), ...workload('shop', 'web', { ports: { http: 8080 } })];

const network = (name: string) => namespace('istio-system', { 'topology.istio.io/network': name });

interface Answered {
  readonly to: string;
  readonly verdict: Verdict;
}

function ask(east: Manifests, west: Manifests, request: Partial<Request> = {}): readonly Answered[] {
  const { mesh } = meshOf({ east: meshText([...shop, ...east]), west: meshText([...shop, ...west]) });
  const enforcement = new Enforcement(mesh);
  const queries = resolveRequest(mesh, {
    from: { workload: 'east:shop/client' },
    to: { service: 'shop/web', port: 80 },
    http: { method: 'GET', path: '/' },
    ...request,
  });
  if ('error' in queries) throw new Error(`${queries.error}; ${queries.help}`);
  return queries.map((query) => ({ to: query.destination.workload.id, verdict: decide(enforcement, query) }));
}

const outcomes = (answers: readonly Answered[]) => answers.map(({ to, verdict }) => `${to} ${verdict.outcome}`);

const denyAll = policy('AuthorizationPolicy', 'shop', 'deny-all', {});

describe('a service in two clusters', () => {
  it('is one: there is an answer per endpoint cluster', () => {
    expect(outcomes(ask([], []))).toEqual(['east:shop/web allow', 'west:shop/web allow']);
    // Policies are those of the endpoint's own cluster.
    expect(outcomes(ask([denyAll], []))).toEqual(['east:shop/web deny', 'west:shop/web allow']);
    expect(outcomes(ask([], [denyAll]))).toEqual(['east:shop/web allow', 'west:shop/web deny']);
  });

  it('may be named by its cluster', () => {
    expect(outcomes(ask([], [], { to: { service: 'west:shop/web', port: 80 } }))).toEqual(['west:shop/web allow']);
  });

  it('is of the own cluster where the mesh config says so, by the most specific host', () => {
    const settings = (...entries: readonly (readonly [string, boolean])[]) =>
      meshConfig({
        serviceSettings: entries.map(([host, clusterLocal]) => ({ settings: { clusterLocal }, hosts: [host] })),
      });
    expect(outcomes(ask([settings(['*.shop.svc.cluster.local', true])], []))).toEqual(['east:shop/web allow']);
    expect(
      outcomes(ask([settings(['*.shop.svc.cluster.local', true], ['web.shop.svc.cluster.local', false])], [])),
    ).toHaveLength(2);
    expect(outcomes(ask([settings(['*.lab.svc.cluster.local', true])], []))).toHaveLength(2);
  });

  it('is of the own cluster in kube-system, and for ambient clients unless it is global', () => {
    const system = [namespace('kube-system', {}), ...workload('kube-system', 'dns', { ports: { tcp: 53 } })];
    const to = { service: 'kube-system/dns', port: 80 };
    expect(outcomes(ask(system, system, { to }))).toEqual(['east:kube-system/dns allow']);
    const ambient = [namespace('mesh', { 'istio.io/dataplane-mode': 'ambient' }), ...workload('mesh', 'caller')];
    const from = { workload: 'east:mesh/caller' };
    expect(outcomes(ask(ambient, [], { from }))).toEqual(['east:shop/web allow']);
  });
});

describe('clusters and their control planes', () => {
  it('have a mesh config each: trust domains differ, and are trusted only where they are known', () => {
    const td = (trustDomain: string, ...trustDomainAliases: readonly string[]) =>
      meshConfig({ trustDomain, trustDomainAliases });
    const { workload: find } = meshOf({
      east: meshText([...shop, td('east.local')]),
      west: meshText([...shop, td('west.local')]),
    });
    expect([find('east:shop/web').identity, find('west:shop/web').identity]).toEqual([
      'east.local/ns/shop/sa/web',
      'west.local/ns/shop/sa/web',
    ]);
    expect(outcomes(ask([td('east.local')], [td('west.local')]))).toEqual([
      'east:shop/web allow',
      'west:shop/web deny',
    ]);
    expect(outcomes(ask([td('east.local')], [td('west.local', 'east.local')]))).toEqual([
      'east:shop/web allow',
      'west:shop/web allow',
    ]);
  });

  it('trust other roots where caCertificates name their trust domain, which verdicts rest on', () => {
    const west = (...trustDomains: readonly string[]) =>
      meshConfig({ trustDomain: 'west.local', caCertificates: [{ pem: 'PUBLIC', trustDomains }] });
    const [, there] = ask([meshConfig({ trustDomain: 'east.local' })], [west('partner.example', 'east.local')]);
    expect(there).toMatchObject({ to: 'west:shop/web', verdict: { outcome: 'allow' } });
    expect(there?.verdict.assumes).toContain(
      '`caCertificates` of the mesh config trust other roots: the certificate of trust domain `east.local` is of one of them',
    );
    // Of another root, but no trust domain that sidecars look for.
    expect(outcomes(ask([meshConfig({ trustDomain: 'east.local' })], [west('partner.example')]))).toContain(
      'west:shop/web deny',
    );
    const [own] = ask([meshConfig({ trustDomain: 'east.local' })], [west('east.local')]);
    expect(own?.verdict.assumes.filter((text) => text.includes('caCertificates'))).toEqual([]);
  });

  it('let rules for other trust domains take effect by caCertificates', () => {
    const partner = policy('AuthorizationPolicy', 'shop', 'partner', {
      ...selecting('web'),
      rules: [{ from: [{ source: { principals: ['partner.example/ns/a/sa/b'] } }] }],
    });
    const strict = policy('PeerAuthentication', 'shop', 'strict', { mtls: { mode: 'STRICT' } });
    const reached = (config: Manifests[number]): boolean => {
      const { mesh, workload: find } = meshOf(meshText([...shop, partner, strict, config]));
      const enforcement = new Enforcement(mesh);
      const web = find('shop/web');
      const port = { port: 8080, transport: 'TCP', chain: 'http' } as const;
      return regionsOf(enforcement, web, port).some(({ solver, mayPass }) => !solver.isEmpty(mayPass));
    };
    expect(reached(meshConfig({}))).toBe(false);
    expect(reached(meshConfig({ caCertificates: [{ pem: 'PUBLIC', trustDomains: ['partner.example'] }] }))).toBe(true);
  });

  it('take a trust domain from the one that has a mesh config, and say so', () => {
    const { mesh, workload: find } = meshOf({
      east: meshText([...shop, meshConfig({ trustDomain: 'corp' })]),
      west: meshText(shop),
    });
    expect(find('west:shop/web').identity).toBe('corp/ns/shop/sa/web');
    expect(mesh.assumptions).toContain(
      'cluster `west` has the mesh config of cluster `east`: none of its own is in the input',
    );
  });

  it('are remote without istiod: policies are those of the config cluster', () => {
    const remote = ask([istiod, denyAll], []);
    expect(outcomes(remote)).toEqual(['east:shop/web deny', 'west:shop/web deny']);
    expect(remote[1]?.verdict.by?.location).toBeDefined();
    // What is applied in the remote cluster alone is read by nobody.
    expect(outcomes(ask([istiod], [denyAll]))).toEqual(['east:shop/web allow', 'west:shop/web allow']);
    expect(outcomes(ask([istiod], [istiod, denyAll]))).toEqual(['east:shop/web allow', 'west:shop/web deny']);
    const { diagnostics } = meshOf({
      east: meshText([...shop, istiod]),
      west: meshText([...shop, denyAll]),
    });
    expect(diagnostics.filter(({ severity }) => severity === 'warning').map(({ message }) => message)).toEqual([
      'AuthorizationPolicy `west:shop/deny-all` is read by no istiod: that of cluster `east` configures cluster `west`',
    ]);
  });

  it('apply PeerAuthentication each to its own, and clients choose by theirs', () => {
    const strict = policy('PeerAuthentication', 'shop', 'default', { mtls: { mode: 'STRICT' } });
    const disabled = policy('PeerAuthentication', 'shop', 'default', { mtls: { mode: 'DISABLE' } });
    expect(outcomes(ask([strict], [strict]))).toEqual(['east:shop/web allow', 'west:shop/web allow']);
    // The client's istiod knows the policies of its own cluster, and so sends plaintext to a STRICT endpoint elsewhere.
    expect(outcomes(ask([disabled], [strict]))).toEqual(['east:shop/web allow', 'west:shop/web deny']);
  });

  it('keep policies at ztunnel apart', () => {
    const server = [
      namespace('mesh', { 'istio.io/dataplane-mode': 'ambient' }),
      ...workload('mesh', 'db', { ports: { tcp: 5432 } }),
    ];
    const closed = policy('AuthorizationPolicy', 'mesh', 'closed', { ...selecting('db') });
    const to = (cluster: string) => ({ to: { workload: `${cluster}:mesh/db`, port: 5432 } });
    const withPolicy = [...server, closed];
    expect(outcomes(ask(withPolicy, server, to('east')))).toEqual(['east:mesh/db deny']);
    expect(outcomes(ask(withPolicy, server, to('west')))).toEqual(['west:mesh/db allow']);
  });

  it('share identities, which the inventory says', () => {
    const { mesh, diagnostics } = meshOf({ east: meshText(shop), west: meshText(shop) });
    const holders = [...mesh.identities].map(([identity, list]) => [identity, list.map(({ id }) => id)]);
    expect(holders).toContainEqual(['cluster.local/ns/shop/sa/web', ['east:shop/web', 'west:shop/web']]);
    expect(diagnostics.filter(({ severity }) => severity === 'info').map(({ message }) => message)).toContain(
      '`cluster.local/ns/shop/sa/web` is one identity in clusters `east`, `west`: policies cannot tell its holders apart',
    );
  });
});

describe('names without a cluster', () => {
  it('are taken where one cluster has the workload', () => {
    const only = workload('shop', 'only', { ports: { http: 8080 } });
    expect(outcomes(ask(only, [], { to: { workload: 'shop/only', port: 8080 } }))).toEqual(['east:shop/only allow']);
  });

  it('are asked back where several have it', () => {
    const { mesh } = meshOf({ east: meshText(shop), west: meshText(shop) });
    expect(resolveRequest(mesh, { from: { workload: 'shop/client' }, to: { service: 'shop/web', port: 80 } })).toEqual({
      error: 'workload `shop/client` is in several clusters',
      help: 'name one of `east:shop/client`, `west:shop/client`',
    });
  });
});

describe('between networks', () => {
  const gateway = (hosts: string) => [
    namespace('ew'),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'eastwest', namespace: 'ew' },
      spec: {
        selector: { matchLabels: { istio: 'eastwest' } },
        template: {
          metadata: { labels: { istio: 'eastwest' }, annotations: { 'inject.istio.io/templates': 'gateway' } },
          spec: { containers: [{ name: 'istio-proxy', image: 'auto' }] },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'eastwest', namespace: 'ew' },
      spec: {
        type: 'LoadBalancer',
        selector: { istio: 'eastwest' },
        ports: [{ name: 'tls', port: 15443, targetPort: 15443 }],
      },
    },
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Gateway',
      metadata: { name: 'cross-network', namespace: 'ew' },
      spec: {
        selector: { istio: 'eastwest' },
        servers: [
          { port: { number: 15443, name: 'tls', protocol: 'TLS' }, tls: { mode: 'AUTO_PASSTHROUGH' }, hosts: [hosts] },
        ],
      },
    },
  ];
  const there = (answers: readonly Answered[]) => answers.find(({ to }) => to.startsWith('west:'))?.verdict;

  it('an east-west gateway leads to services, and the destination sees the client', () => {
    const only = policy('AuthorizationPolicy', 'shop', 'only-client', {
      rules: [{ from: [{ source: { principals: ['cluster.local/ns/shop/sa/client'] } }] }],
    });
    const verdict = there(ask([network('a')], [network('b'), ...gateway('*.local'), only]));
    expect(verdict).toMatchObject({
      outcome: 'allow',
      by: { name: 'only-client' },
    });
    expect(verdict?.assumes.filter((text) => text.includes('east-west'))).toEqual([]);
    expect(verdict?.trace.map(({ text }) => text)).toContain(
      'east-west gateway west:ew/eastwest:15443 passes it on to web.shop.svc.cluster.local:80',
    );
  });

  it('without one in the input, one is assumed; one for other hosts leads nowhere', () => {
    expect(there(ask([network('a')], [network('b')]))).toMatchObject({
      outcome: 'allow',
      assumes: expect.arrayContaining([expect.stringMatching(/^an east-west gateway of cluster `west` leads to web/)]),
    });
    expect(there(ask([network('a')], [network('b'), ...gateway('*.lab.svc.cluster.local')]))).toMatchObject({
      outcome: 'deny',
      reason: expect.stringContaining('no east-west gateway of it leads to web.shop'),
    });
  });

  it('meshNetworks name the networks of clusters that no label names', () => {
    const networks = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'istio', namespace: 'istio-system' },
      data: {
        mesh: '',
        meshNetworks:
          'networks: { a: { endpoints: [{ fromRegistry: east }] }, b: { endpoints: [{ fromRegistry: west }], gateways: [{ address: 192.0.2.1, port: 15443 }] } }',
      },
    };
    expect(there(ask([networks], [networks]))?.assumes).toContainEqual(
      expect.stringMatching(/^an east-west gateway of cluster `west` leads to web/),
    );
    const flat = { ...networks, data: { mesh: '', meshNetworks: 'networks: { a: { endpoints: [] } }' } };
    expect(there(ask([flat], [flat]))?.assumes.filter((text) => text.includes('east-west'))).toEqual([]);
  });

  it('within a cluster, verdicts rest on the one being reached from the other', () => {
    const onNetwork = (name: string) => ({ labels: { 'topology.istio.io/network': name } });
    const assumesFor = (client: string, web: string): readonly string[] => {
      const { mesh, workload: find } = meshOf(
        meshText([
          namespace('shop'),
          ...workload('shop', 'client', onNetwork(client)),
          ...workload('shop', 'web', { ports: { http: 8080 }, ...onNetwork(web) }),
        ]),
      );
      const caller = find('shop/client');
      const verdict = decide(new Enforcement(mesh), {
        client: 'app',
        source: { position: { kind: 'workload', workload: caller }, identity: caller.identity },
        destination: { workload: find('shop/web'), port: 8080 },
        transport: 'TCP',
        http: { method: 'GET', path: '/', host: 'web.shop', headers: [] },
      });
      expect(verdict.outcome).toBe('allow');
      return verdict.assumes.filter((text) => text.includes('network'));
    };
    expect(assumesFor('a', 'b')).toEqual([
      'network `b` of shop/web is reached from network `a` of shop/client, through an east-west gateway or without',
    ]);
    expect(assumesFor('a', 'a')).toEqual([]);
  });

  it('plaintext and pods do not get across', () => {
    const disabled = policy('PeerAuthentication', 'shop', 'default', { mtls: { mode: 'DISABLE' } });
    expect(there(ask([network('a'), disabled], [network('b'), disabled, ...gateway('*.local')]))).toMatchObject({
      outcome: 'deny',
      reason: expect.stringContaining('nothing but mutual TLS'),
    });
    const to = { workload: 'west:shop/web', port: 8080 };
    expect(there(ask([network('a')], [network('b'), ...gateway('*.local')], { to }))?.outcome).toBe('deny');
    // A flat network takes both.
    expect(there(ask([], [], { to }))?.outcome).toBe('allow');
    expect(there(ask([network('a')], [network('a')], { to }))?.outcome).toBe('allow');
  });

  it('NetworkPolicy never matches pods of other clusters, and sees the gateway between networks', () => {
    const np = (from: object) => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'np', namespace: 'shop' },
      spec: { podSelector: { matchLabels: { app: 'web' } }, ingress: [{ from: [from] }] },
    });
    const clients = np({ podSelector: { matchLabels: { app: 'client' } } });
    expect(outcomes(ask([clients], [clients]))).toEqual(['east:shop/web allow', 'west:shop/web deny']);
    const gateways = np({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ew' } } });
    expect(there(ask([network('a')], [network('b'), ...gateway('*.local'), gateways]))?.outcome).toBe('allow');
    expect(there(ask([network('a')], [network('b'), ...gateway('*.local'), clients]))?.outcome).toBe('deny');
    // A pod that nobody knows is one of the destination's own cluster.
    const everybody = np({ namespaceSelector: {} });
    const { mesh, workload: find } = meshOf({ east: meshText([...shop, everybody]), west: meshText(shop) });
    const verdict = decide(new Enforcement(mesh), {
      client: 'attacker',
      source: { position: { kind: 'pod-outside-mesh' }, identity: null, connects: 'plaintext' },
      destination: { workload: find('east:shop/web'), port: 8080 },
      transport: 'TCP',
      at: 'network-policy',
    });
    expect(verdict.outcome).toBe('allow');
  });
});

describe('a gateway of one cluster', () => {
  const ingress = (hosts: string) => [
    namespace('ingress'),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'gw', namespace: 'ingress' },
      spec: {
        selector: { matchLabels: { istio: 'gw' } },
        template: {
          metadata: { labels: { istio: 'gw' }, annotations: { 'inject.istio.io/templates': 'gateway' } },
          spec: { containers: [{ name: 'istio-proxy', image: 'auto' }] },
        },
      },
    },
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Gateway',
      metadata: { name: 'gw', namespace: 'ingress' },
      spec: {
        selector: { istio: 'gw' },
        servers: [{ port: { number: 8080, name: 'http', protocol: 'HTTP' }, hosts: [hosts] }],
      },
    },
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name: 'web', namespace: 'shop' },
      spec: {
        hosts: [hosts],
        gateways: ['ingress/gw'],
        http: [{ route: [{ destination: { host: 'web.shop.svc.cluster.local', port: { number: 80 } } }] }],
      },
    },
  ];

  it('sends to endpoints of both, of which one that passes is enough', () => {
    const request: Partial<Request> = {
      from: { internet: true },
      to: { gateway: 'east:ingress/gw', port: 8080 },
      http: { method: 'GET', path: '/', host: 'web.example.com' },
    };
    const only = [policy('AuthorizationPolicy', 'shop', 'closed', {})];
    expect(ask([...ingress('*'), ...only], [], request).map(({ verdict }) => verdict.outcome)).toEqual(['allow']);
    expect(ask([...ingress('*'), ...only], only, request).map(({ verdict }) => verdict.outcome)).toEqual(['deny']);
  });
});
