import { describe, expect, it } from 'vitest';
import { EDGE_PLATFORM, TO_WEB } from '../../../test/edge-platform.ts';
import { meshOf } from '../../../test/mesh-of.ts';
import { findOnWay, waysIn } from '../../graph/ways-in.ts';
import type { ClientTls } from '../../result/request.ts';
import { Enforcement } from '../enforcement.ts';
import { shakeHands } from './client-tls.ts';
import { decideAtGateway } from './decide-at-gateway.ts';
import type { GatewayQuery, GatewayVerdict } from './gateway-verdict.ts';
import { indexGateways } from './index-gateways.ts';
import type { ServerTlsSettings } from './server.ts';

describe('client identities at a gateway', () => {
  const MUTUAL = (mode: string): string => `
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: secure, namespace: edge }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 443, name: https, protocol: HTTPS }, hosts: ['*'], tls: { mode: ${mode}, credentialName: cert } }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: secure, namespace: shop }
spec: { hosts: ['*'], gateways: [edge/secure], http: [{ ${TO_WEB} }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: named, namespace: edge }
spec: { rules: [{ from: [{ source: { principals: ['*'] } }] }] }
`;
  const secure = (mode: string) => {
    const { mesh, workload } = meshOf(EDGE_PLATFORM + MUTUAL(mode));
    const enforcement = new Enforcement(mesh);
    const destination = { workload: workload('edge/gateway'), port: 8443 };
    return (more: Partial<GatewayQuery>): GatewayVerdict =>
      decideAtGateway(enforcement, indexGateways(enforcement), {
        client: 'attacker',
        source: { position: { kind: 'internet' }, identity: null },
        destination,
        transport: 'TCP',
        http: { method: 'GET', path: '/', host: 'a.example.com', headers: [] },
        ...more,
      });
  };

  it('asks for a certificate of the CA, and takes any name in it for a principal', () => {
    const ask = secure('MUTUAL');
    expect(ask({ tls: { sni: 'a' } })).toMatchObject({ outcome: 'deny', by: { kind: 'Gateway', name: 'secure' } });
    expect(ask({ tls: { sni: 'a', clientCert: { dns: 'client.example' } } })).toMatchObject({
      outcome: 'allow',
      requires: [{ kind: 'client-certificate', ca: 'Secret cert' }],
    });
  });

  it('believes the names in certificates that it does not verify, whoever signed them', () => {
    const yaml =
      EDGE_PLATFORM +
      MUTUAL('MUTUAL')
        .replace('credentialName: cert', 'credentialName: cert, insecureSkipVerify: true')
        .replace("['*'] } }] }] }", '[cluster.local/ns/shop/sa/admin] } }] }] }');
    const { mesh, workload } = meshOf(yaml);
    const enforcement = new Enforcement(mesh);
    const ask = (principal: string) =>
      decideAtGateway(enforcement, indexGateways(enforcement), {
        client: 'attacker',
        source: { position: { kind: 'internet' }, identity: null },
        destination: { workload: workload('edge/gateway'), port: 8443 },
        transport: 'TCP',
        http: { method: 'GET', path: '/', host: 'a.example.com', headers: [] },
        tls: { sni: 'a', clientCert: { principal, trusted: false } },
      });
    expect(ask('cluster.local/ns/shop/sa/admin')).toMatchObject({ outcome: 'allow', requires: [] });
    expect(ask('cluster.local/ns/shop/sa/web').outcome).toBe('deny');
    const found = waysIn(enforcement, workload('shop/web'), 9080).map((way) => findOnWay(enforcement, way));
    expect(found.find(({ kind }) => kind === 'found')).toMatchObject({
      kind: 'found',
      query: { tls: { clientCert: { principal: 'cluster.local/ns/shop/sa/admin', trusted: false } } },
    });
  });

  it('learns no identity from SIMPLE, whatever certificate the client has', () => {
    expect(secure('SIMPLE')({ tls: { sni: 'a', clientCert: { principal: 'cluster.local/ns/a/sa/b' } } })).toMatchObject(
      {
        outcome: 'deny',
        by: { kind: 'AuthorizationPolicy' },
      },
    );
  });

  it('takes the identity of a workload of the mesh as its client certificate', () => {
    const { mesh } = meshOf(EDGE_PLATFORM);
    const identity = [...mesh.identities.keys()][0] ?? null;
    expect(identity).not.toBeNull();
    expect(
      secure('ISTIO_MUTUAL')({ source: { position: { kind: 'unstated' }, identity, connects: 'mtls' } }).outcome,
    ).toBe('allow');
  });
});

describe('shakeHands', () => {
  const settings = (mode: ServerTlsSettings['mode'], more: Partial<ServerTlsSettings> = {}): ServerTlsSettings => ({
    mode,
    httpsRedirect: false,
    subjectAltNames: [],
    pinned: false,
    insecureSkipVerify: false,
    ca: 'Secret cert',
    ...more,
  });
  const ID = 'cluster.local/ns/a/sa/b';
  const SKIP = { insecureSkipVerify: true };
  const named = (name: string): Partial<ServerTlsSettings> => ({ subjectAltNames: [name] });

  it.each<[string, ServerTlsSettings, ClientTls['clientCert'], string | null | 'refused']>([
    ['SIMPLE, a certificate', settings('SIMPLE'), { principal: ID }, null],
    ['MUTUAL, none', settings('MUTUAL'), undefined, 'refused'],
    ['MUTUAL, a SPIFFE id', settings('MUTUAL'), { principal: ID }, ID],
    ['MUTUAL, a SPIFFE id as written in it', settings('MUTUAL'), { principal: `spiffe://${ID}` }, ID],
    ['MUTUAL, another CA', settings('MUTUAL'), { principal: ID, trusted: false }, 'refused'],
    ['MUTUAL unverified, none', settings('MUTUAL', SKIP), undefined, 'refused'],
    ['MUTUAL, no name but a subject', settings('MUTUAL'), {}, 'subject:'],
    ['MUTUAL unverified, anybody who says a name', settings('MUTUAL', SKIP), { principal: ID, trusted: false }, ID],
    ['MUTUAL unverified, a DNS name', settings('MUTUAL', SKIP), { dns: 'a.example', trusted: false }, 'dns:a.example'],
    [
      'MUTUAL unverified, another name than is asked for',
      settings('MUTUAL', { ...SKIP, ...named('b.example') }),
      { principal: ID, trusted: false },
      ID,
    ],
    ['OPTIONAL_MUTUAL unverified', settings('OPTIONAL_MUTUAL', SKIP), { principal: ID, trusted: false }, ID],
    ['MUTUAL for that name', settings('MUTUAL', named(`spiffe://${ID}`)), { principal: ID }, ID],
    ['MUTUAL for that DNS name', settings('MUTUAL', named('a.example')), { dns: 'a.example' }, 'dns:a.example'],
    ['MUTUAL for another name', settings('MUTUAL', named('b.example')), { dns: 'a.example' }, 'refused'],
    ['OPTIONAL_MUTUAL, none', settings('OPTIONAL_MUTUAL'), undefined, null],
    ['OPTIONAL_MUTUAL, a certificate', settings('OPTIONAL_MUTUAL'), { principal: ID }, ID],
    ['OPTIONAL_MUTUAL, another CA', settings('OPTIONAL_MUTUAL'), { principal: ID, trusted: false }, 'refused'],
  ])('%s', (_, tls, clientCert, expected) => {
    const outcome = shakeHands(tls, clientCert ? { clientCert } : {});
    expect(outcome.completes ? outcome.peer : 'refused').toBe(expected);
  });

  it('names the CA that a client needs a certificate of', () => {
    const requires = (tls: ServerTlsSettings) => {
      const outcome = shakeHands(tls, { clientCert: { principal: ID } });
      return outcome.completes && outcome.requires.map((each) => ('ca' in each ? each.ca : each.kind));
    };
    expect(requires(settings('MUTUAL'))).toEqual(['Secret cert']);
    expect(requires(settings('MUTUAL', { pinned: true }))).toEqual([
      'Secret cert, with a certificate of a stated hash',
    ]);
    expect(requires(settings('OPTIONAL_MUTUAL'))).toEqual([]);
    expect(requires(settings('MUTUAL', { ...SKIP, pinned: true }))).toEqual([]);
  });
});
