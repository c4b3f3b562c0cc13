import { describe, expect, it } from 'vitest';
import { meshOf } from '../../../test/mesh-of.ts';
import { askGateway, gatewaySets, manifestsOfGateway } from '../../../test/replay/gateway.ts';
import { Enforcement } from '../enforcement.ts';
import { decideAtGateway } from './decide-at-gateway.ts';
import { indexGateways } from './index-gateways.ts';
import { routesOf } from './routes-of.ts';

/** Istio leaves a listener out whose Secret is missing. Secrets are never read, so that they are taken to exist. */
const WITHOUT_SECRET = 'k8s-https-nosecret';
const replayed = gatewaySets.filter(({ set }) => set !== WITHOUT_SECRET).map((set) => [set.set, set] as const);

describe('gateways against istiod and Envoy', () => {
  it('holds the whole recording', () => {
    expect(gatewaySets.length).toBe(239);
    expect(gatewaySets.reduce((sum, { vectors }) => sum + vectors.length, 0)).toBe(2474);
  });

  it.each(replayed)('%s', (_name, set) => {
    const decide = askGateway(set);
    for (const vector of set.vectors) {
      const { expected, id, request } = vector;
      const verdict = decide(vector);
      const said = `${id}: ${verdict.reason}`;
      expect(verdict.outcome, said).toBe(expected.result === 'routed' ? 'allow' : 'deny');
      expect(verdict.routed, said).toBe(expected.to);
      if (expected.result === 'denied') {
        expect(verdict.by?.kind, said).toBe(expected.by === 'jwt' ? 'RequestAuthentication' : 'AuthorizationPolicy');
      }
      const [backend] = verdict.backends;
      if (backend?.http && !expected.viaTcpProxy) {
        expect(backend.http.path, said).toBe(expected.pathAfterRewrite ?? request.path ?? '/');
        expect(backend.http.host, said).toBe(expected.hostAfterRewrite ?? request.host ?? 'a.example.com');
      }
      if (request.jwt && backend) expect(backend.forwardsToken, said).toBe(expected.tokenForwarded ?? false);
    }
  });
});

describe('routesOf on the same meshes', () => {
  it.each(replayed)(
    '%s: every witness takes its route, and no destination that was recorded is missing',
    (_name, set) => {
      const { mesh } = meshOf(
        manifestsOfGateway({ ...set, resources: set.resources.filter(({ kind }) => kind !== 'AuthorizationPolicy') })
          .map((each) => JSON.stringify(each))
          .join('\n---\n'),
      );
      const enforcement = new Enforcement(mesh);
      const index = indexGateways(enforcement);
      const routes = routesOf(enforcement, index);
      for (const { query, service, servicePort, match } of routes) {
        const verdict = decideAtGateway(enforcement, index, query);
        expect(verdict.outcome, `${match}: ${verdict.reason}`).toBe('allow');
        expect(verdict.backends.map(({ label }) => label)).toContain(`${service}:${servicePort}`);
      }
      const labels = new Set(routes.map(({ service, servicePort }) => `${service}:${servicePort}`));
      for (const { expected, id } of set.vectors) if (expected.to) expect(labels, id).toContain(expected.to);
    },
  );
});
