import { describe, expect, it } from 'vitest';
import { refusedHops } from '../../test/confirm-path.ts';
import { factsOfText } from '../../test/judge-fixture.ts';
import { inventoryResult } from '../engine/result/inventory.ts';
import { pathResult } from '../engine/paths/path-result.ts';
import { findAttackPaths } from './attack/find-attack-paths.ts';
import type { Facts } from './facts.ts';
import { routeReach } from './reach/route-reach.ts';

const gatewayPod = (name: string, type: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: edge }
spec:
  selector: { matchLabels: { istio: ${name} } }
  template:
    metadata: { labels: { istio: ${name} }, annotations: { inject.istio.io/templates: gateway } }
    spec: { serviceAccountName: ${name}, containers: [{ name: istio-proxy, image: auto }] }
---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: edge }
spec: { type: ${type}, selector: { istio: ${name} }, ports: [{ name: http, port: 80, targetPort: 8080 }] }
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: ${name}, namespace: edge }
spec: { selector: { istio: ${name} }, servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ['*'] }] }
---
`;

const route = (gateway: string, prefix: string, host: string, port: number): string => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${gateway}, namespace: edge }
spec:
  hosts: ['*']
  gateways: [${gateway}]
  http: [{ match: [{ uri: { prefix: ${prefix} } }], route: [{ destination: { host: ${host}, port: { number: ${port} } } }] }]
---
`;

const NAMESPACES = `
apiVersion: v1
kind: Namespace
metadata: { name: edge, labels: { istio-injection: enabled } }
---
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
`;

const WEB = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: 'web:1', ports: [{ containerPort: 8080 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: 8080 }] }
`;

const policy = (rules: string): string => `
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: web, namespace: shop }
spec: { rules: [${rules}] }
`;

const TWO =
  NAMESPACES +
  gatewayPod('outer', 'LoadBalancer') +
  gatewayPod('inner', 'ClusterIP') +
  route('outer', '/', 'inner.edge.svc.cluster.local', 80) +
  route('inner', '/app', 'web.shop.svc.cluster.local', 80) +
  WEB;

const THREE =
  NAMESPACES +
  gatewayPod('outer', 'LoadBalancer') +
  gatewayPod('middle', 'ClusterIP') +
  gatewayPod('inner', 'ClusterIP') +
  route('outer', '/', 'middle.edge.svc.cluster.local', 80) +
  route('middle', '/app', 'inner.edge.svc.cluster.local', 80) +
  route('inner', '/app/v1', 'web.shop.svc.cluster.local', 80) +
  WEB;

const ASSETS = [{ select: { workload: 'shop/web' }, sensitivity: 'critical', why: 'cards' }] as const;
const factsOf = (text: string): Facts => factsOfText(text, 'gateways.yaml', { assets: ASSETS });

function entrancesTo(facts: Facts, name: string, port = 8080) {
  const found = facts.mesh.workloads.find((each) => each.name === name);
  if (!found) throw new Error('no workload');
  return facts.entrances.of(found, port);
}

const exposure = (facts: Facts, id: string) =>
  inventoryResult(facts)
    .workloads.find((each) => each.id === id)
    ?.ports.find(({ port }) => port === 8080)?.exposure;

describe('a way in through a gateway behind a gateway', () => {
  it('is an entrance by a request to the outer one', () => {
    const facts = factsOf(TWO);
    const [entrance, ...others] = entrancesTo(facts, 'web');
    expect(others).toEqual([]);
    expect(entrance?.verdict.outcome).toBe('allow');
    expect(entrance?.gateway?.name).toBe('outer');
    expect(entrance?.through?.map(({ gateway, port }) => `${gateway.name}:${port}`)).toEqual(['inner:8080']);
    expect(entrance?.request).toMatchObject({ from: { internet: true }, http: { path: '/app' } });
    expect(entrance?.why).toMatch(/leads to edge\/inner:80, and there .* leads to shop\/web:80$/);
    expect(exposure(facts, 'shop/web')).toMatchObject({ internet: true, witness: { http: { path: '/app' } } });
    expect(exposure(facts, 'edge/inner')).toMatchObject({ internet: true, witness: { http: { path: '/app' } } });
  });

  it('is found through three in a row', () => {
    const facts = factsOf(THREE);
    const [entrance] = entrancesTo(facts, 'web');
    expect(entrance?.through?.map(({ gateway }) => gateway.name)).toEqual(['middle', 'inner']);
    expect(entrance?.request.http?.path).toBe('/app/v1');
    expect(exposure(facts, 'edge/middle')?.internet).toBe(true);
  });

  it('is found as a set where the workload asks for more than the routes do', () => {
    const facts = factsOf(TWO + policy(`{ to: [{ operation: { methods: [PATCH], paths: ['*/audit'] } }] }`));
    const [entrance] = entrancesTo(facts, 'web');
    expect(entrance?.verdict.outcome).toBe('allow');
    expect(entrance?.request.http).toMatchObject({ method: 'PATCH', path: '/app/audit' });
  });

  it('is none where the workload takes only the identity of the outer gateway', () => {
    const from = (name: string): string =>
      policy(`{ from: [{ source: { principals: [cluster.local/ns/edge/sa/${name}] } }] }`);
    expect(entrancesTo(factsOf(TWO + from('outer')), 'web')).toEqual([]);
    expect(entrancesTo(factsOf(TWO + from('inner')), 'web')[0]?.verdict.outcome).toBe('allow');
  });

  it('is none where the outer one is not exposed', () => {
    expect(entrancesTo(factsOf(TWO.replace('LoadBalancer', 'ClusterIP')), 'web')).toEqual([]);
  });

  it.each([
    ['two', TWO, ['outer', 'inner', 'web']],
    ['three', THREE, ['outer', 'middle', 'inner', 'web']],
  ])('is an attack path through %s, each hop of which is confirmed', (_, text, stops) => {
    const facts = factsOf(text);
    const paths = findAttackPaths(facts, { entries: [{ kind: 'internet' }] }).paths.filter(
      ({ from }) => from.kind === 'internet',
    );
    // Who has taken over the outer one asks the workload itself, which is another path.
    const toWeb = paths.filter(
      ({ kind, to }) => kind === 'inherent' && to.kind === 'workload' && to.workload.name === 'web',
    );
    expect(
      toWeb.map(({ hops }) => hops.map(({ to }) => (to.kind === 'workload' ? to.workload.name : to.kind))),
    ).toEqual([stops]);
    expect(toWeb.flatMap((path, index) => refusedHops(facts.enforcement, pathResult(facts, path, index)))).toEqual([]);
  });

  it('has its set in words', () => {
    const facts = factsOf(TWO);
    const [entrance] = entrancesTo(facts, 'web');
    const web = facts.mesh.workloads.find(({ name }) => name === 'web');
    expect(entrance && web && routeReach(facts.enforcement, entrance, web, 8080)).toMatchObject({ hosts: ['*'] });
  });
});
