import { describe, expect, it } from 'vitest';
import { EDGE_PLATFORM, TO_WEB, virtualService } from '../../../test/edge-platform.ts';
import { meshOf } from '../../../test/mesh-of.ts';
import { findOnWay, waysIn } from '../../graph/ways-in.ts';
import { decide } from '../decide.ts';
import { Enforcement } from '../enforcement.ts';
import type { Query } from '../query.ts';
import { decideAtGateway } from './decide-at-gateway.ts';
import { indexGateways } from './index-gateways.ts';

const NAMESPACE = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
`;
const MUTUAL = `
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: mutual, namespace: edge }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 443, name: https, protocol: HTTPS }, hosts: ['*'], tls: { mode: MUTUAL, credentialName: cert } }]
`;
const ROUTE = virtualService('web', `[{ ${TO_WEB} }]`).replace('[edge/public]', '[edge/public, edge/mutual]');
const meshConfig = (details: string): string => `
---
apiVersion: v1
kind: ConfigMap
metadata: { name: istio, namespace: istio-system }
data:
  mesh: |
    defaultConfig: { gatewayTopology: { forwardClientCertDetails: ${details} } }
`;
/** At the gateway or at the workload: only what says that somebody else's certificate was shown. */
const policy = (namespace: string, values = "['By=forged*', 'forged']"): string => `
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: header, namespace: ${namespace} }
spec:
  rules: [{ when: [{ key: 'request.headers[x-forwarded-client-cert]', values: ${values} }] }]
`;
const FORGED = 'By=forged;URI=spiffe://cluster.local/ns/shop/sa/admin';

function sceneOf(yaml: string) {
  const { mesh, workload } = meshOf(NAMESPACE + EDGE_PLATFORM + MUTUAL + ROUTE + yaml);
  const enforcement = new Enforcement(mesh);
  const queryOf = (mutual: boolean, forged: boolean): Query => ({
    client: 'attacker',
    source: { position: { kind: 'internet' }, identity: null, connects: 'plaintext' },
    destination: { workload: workload('edge/gateway'), port: mutual ? 8443 : 8080 },
    transport: 'TCP',
    http: {
      method: 'GET',
      path: '/',
      host: 'shop.example.com',
      headers: forged ? [['X-Forwarded-Client-Cert', FORGED]] : [],
    },
    ...(mutual ? { tls: { sni: 'shop.example.com', clientCert: { dns: 'client.example' } } } : {}),
  });
  return {
    ask: (mutual = false, forged = true) => decide(enforcement, queryOf(mutual, forged)).outcome,
    passedOn: (mutual: boolean) =>
      decideAtGateway(enforcement, indexGateways(enforcement), queryOf(mutual, true)).backends[0]?.http?.headers.find(
        ([name]) => name.toLowerCase() === 'x-forwarded-client-cert',
      )?.[1],
    /** The ports by which some request is found, and those at which one may be. */
    sets: () => {
      const found = new Set<number>();
      const possible = new Set<number>();
      for (const way of waysIn(enforcement, workload('shop/web'), 9080)) {
        if (!way.solver.isEmpty(way.mayPass)) possible.add(way.port);
        if (findOnWay(enforcement, way).kind === 'found') found.add(way.port);
      }
      return { found: [...found].sort(), possible: [...possible].sort() };
    },
  };
}

describe('X-Forwarded-Client-Cert at a gateway', () => {
  it.each([
    ['SANITIZE_SET', undefined, /^Hash=0+;Cert="";Subject="";URI=;DNS=client\.example$/],
    ['SANITIZE', undefined, undefined],
    ['FORWARD_ONLY', undefined, /^By=forged;URI=[^;]*admin$/],
    ['APPEND_FORWARD', undefined, /^By=forged;URI=[^,]*admin,Hash=0+;.*DNS=client\.example$/],
    ['ALWAYS_FORWARD_ONLY', /^By=forged/, /^By=forged;URI=[^;]*admin$/],
  ])('under %s', (details, inPlaintext, withCertificate) => {
    const { passedOn } = sceneOf(meshConfig(details));
    expect(passedOn(false)).toEqual(inPlaintext ? expect.stringMatching(inPlaintext) : undefined);
    expect(passedOn(true)).toEqual(withCertificate ? expect.stringMatching(withCertificate) : undefined);
  });

  it('is not what the client says by default, for policies at the gateway and behind it', () => {
    for (const namespace of ['edge', 'shop']) {
      const { ask, sets } = sceneOf(policy(namespace));
      expect(ask()).toBe('deny');
      expect(ask(true)).toBe('deny');
      expect(sets().found).toEqual([]);
    }
    expect(sceneOf(policy('edge')).sets().possible).toEqual([8443]);
  });

  it('is believed where the gateway forwards it', () => {
    for (const namespace of ['edge', 'shop']) {
      const always = sceneOf(policy(namespace) + meshConfig('ALWAYS_FORWARD_ONLY'));
      expect([always.ask(), always.ask(true), always.ask(false, false)]).toEqual(['allow', 'allow', 'deny']);
      const mutual = sceneOf(policy(namespace) + meshConfig('FORWARD_ONLY'));
      expect([mutual.ask(), mutual.ask(true)]).toEqual(['deny', 'allow']);
    }
    expect(sceneOf(policy('edge') + meshConfig('ALWAYS_FORWARD_ONLY')).sets().found).toEqual([8080, 8443]);
    expect(sceneOf(policy('edge') + meshConfig('FORWARD_ONLY')).sets()).toEqual({ found: [8443], possible: [8443] });
  });

  it('is what the pods of the gateway say for themselves', () => {
    const own = `, proxy.istio.io/config: '{"gatewayTopology":{"forwardClientCertDetails":"ALWAYS_FORWARD_ONLY"}}'`;
    const platform = EDGE_PLATFORM.replace(
      'inject.istio.io/templates: gateway',
      `inject.istio.io/templates: gateway${own}`,
    );
    const { mesh, workload } = meshOf(NAMESPACE + platform + ROUTE.replace(', edge/mutual', '') + policy('shop'));
    const query: Query = {
      client: 'attacker',
      source: { position: { kind: 'internet' }, identity: null, connects: 'plaintext' },
      destination: { workload: workload('edge/gateway'), port: 8080 },
      transport: 'TCP',
      http: {
        method: 'GET',
        path: '/',
        host: 'shop.example.com',
        headers: [['x-forwarded-client-cert', FORGED]],
      },
    };
    expect(decide(new Enforcement(mesh), query).outcome).toBe('allow');
  });
});
