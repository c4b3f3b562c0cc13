import { describe, expect, it } from 'vitest';
import { INJECTOR, type Manifest, meshText, namespace, policy, workload } from '../../../test/small-mesh.ts';
import { readText } from '../../collect/read-text.ts';
import { loadMesh } from '../../engine/load-mesh.ts';
import { makeFacts } from '../../graph/make-facts.ts';
import { Enforcement } from '../../semantics/enforcement.ts';
import { harden } from '../harden.ts';

const http = { ports: { http: 8080 } } as const;
const server = (number: number, hosts: readonly string[], more: Manifest = {}): Manifest => ({
  port: { number, name: `http-${number}`, protocol: 'HTTP' },
  hosts,
  ...more,
});
const gateway = (...servers: readonly Manifest[]): Manifest => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'Gateway',
  metadata: { name: 'public', namespace: 'edge' },
  spec: { selector: { app: 'ingress' }, servers },
});
const route = (name: string, hosts: readonly string[]): Manifest => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name, namespace: 'shop' },
  spec: {
    hosts,
    gateways: ['edge/public'],
    http: [{ route: [{ destination: { host: 'web.shop.svc.cluster.local', port: { number: 80 } } }] }],
  },
});

function hardened(more: readonly Manifest[], complete: readonly string[] = ['all']) {
  const manifests = [
    INJECTOR,
    namespace('istio-system', {}),
    namespace('edge'),
    namespace('shop'),
    policy('PeerAuthentication', 'istio-system', 'default', { mtls: { mode: 'STRICT' } }),
    ...workload('edge', 'ingress', {
      labels: { istio: 'ingressgateway' },
      annotations: { 'inject.istio.io/templates': 'gateway' },
      ports: { http: 8080, 'http-b': 8081, 'http-c': 8082 },
    }),
    ...workload('shop', 'web', http),
    ...more,
  ];
  const { mesh, rebuild } = loadMesh(readText(meshText(manifests), 'mesh.yaml').objects, { complete });
  const facts = makeFacts(new Enforcement(mesh), {});
  const whole = harden(
    facts,
    { steps: [], unclosed: [], result: facts.enforcement },
    { stated: {}, rebuild, entries: [] },
  );
  return { ids: whole.steps.map(({ candidate }) => candidate.id), result: whole.result };
}
const serversOf = ({ result }: ReturnType<typeof hardened>) =>
  (result.mesh.resources.find('Gateway', 'edge', 'public')?.spec.servers ?? []).map(({ port, hosts }) => [
    port?.number,
    hosts,
  ]);

describe('a Gateway that takes more than its routes need', () => {
  it('gets the hosts that its routes name, for the namespaces that it was for', () => {
    const plain = hardened([gateway(server(80, ['*'])), route('web', ['web.example', 'www.example'])]);
    expect(plain.ids).toEqual(['narrow-gateway Gateway edge/public']);
    expect(serversOf(plain)).toEqual([[80, ['web.example', 'www.example']]]);
    const limited = hardened([gateway(server(80, ['shop/*'])), route('web', ['web.example'])]);
    expect(serversOf(limited)).toEqual([[80, ['shop/web.example']]]);
  });

  it('loses servers that no route is for, and keeps redirects', () => {
    const redirect = server(82, ['*'], { tls: { httpsRedirect: true } });
    const given = hardened([
      gateway(server(80, ['web.example']), server(81, ['old.example']), redirect),
      route('web', ['web.example']),
    ]);
    expect(given.ids).toEqual(['narrow-gateway Gateway edge/public']);
    expect(serversOf(given)).toEqual([
      [80, ['web.example']],
      [82, ['*']],
    ]);
  });

  it('stays where a route is for every host, where it has none, and where routes may be missing', () => {
    expect(hardened([gateway(server(80, ['*'])), route('web', ['*'])]).ids).toEqual([]);
    expect(hardened([gateway(server(80, ['*']))]).ids).toEqual([]);
    expect(hardened([gateway(server(80, ['*'])), route('web', ['web.example'])], []).ids).toEqual([]);
  });

  it('of the Gateway API takes routes of the namespaces that have some', () => {
    const given = hardened([
      {
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'Gateway',
        metadata: { name: 'open', namespace: 'edge' },
        spec: {
          gatewayClassName: 'istio',
          listeners: [{ name: 'http', port: 80, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'All' } } }],
        },
      },
      {
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'HTTPRoute',
        metadata: { name: 'web', namespace: 'shop' },
        spec: {
          parentRefs: [{ name: 'open', namespace: 'edge' }],
          hostnames: ['web.example'],
          rules: [{ backendRefs: [{ name: 'web', port: 80 }] }],
        },
      },
    ]);
    expect(given.ids).toEqual(['narrow-gateway KubernetesGateway edge/open']);
    const open = given.result.mesh.resources.find('KubernetesGateway', 'edge', 'open');
    expect(open?.spec.listeners?.[0]?.allowedRoutes?.namespaces).toEqual({
      from: 'Selector',
      selector: { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['shop'] }] },
    });
  });
});

describe('a Gateway that serves the same hosts with and without TLS', () => {
  const secure = (hosts: readonly string[]): Manifest => ({
    port: { number: 81, name: 'https', protocol: 'HTTPS' },
    hosts,
    tls: { mode: 'SIMPLE', credentialName: 'web' },
  });
  const WEB = route('web', ['web.example']);

  it('redirects from plaintext', () => {
    const { ids, result } = hardened([gateway(server(80, ['web.example']), secure(['*.example'])), WEB]);
    expect(ids).toContain('redirect-to-https Gateway edge/public');
    const [first, second] = result.mesh.resources.find('Gateway', 'edge', 'public')?.spec.servers ?? [];
    expect(first?.tls).toEqual({ httpsRedirect: true });
    expect(second?.tls).toEqual({ mode: 'SIMPLE', credentialName: 'web' });
  });

  it('does not where TLS is for other hosts, or certificates are asked for over the port', () => {
    const other = hardened([gateway(server(80, ['web.example']), secure(['other.example'])), WEB]);
    expect(other.ids).not.toContain('redirect-to-https Gateway edge/public');
    const spec = WEB.spec as { readonly http: readonly Manifest[] };
    const acme = { ...spec.http[0], match: [{ uri: { prefix: '/.well-known/acme-challenge/' } }] };
    const challenged = { ...WEB, spec: { ...spec, http: [acme, ...spec.http] } };
    const asked = hardened([gateway(server(80, ['web.example']), secure(['*.example'])), challenged]);
    expect(asked.ids).not.toContain('redirect-to-https Gateway edge/public');
  });
});
