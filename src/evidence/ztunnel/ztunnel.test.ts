import { describe, expect, it } from 'vitest';
import { AMBIENT_MESH, type SceneDump, ztunnelSays } from '../../../test/ambient-scene.ts';
import { conversions } from '../../../test/replay/ambient-conversion.ts';
import { toResource } from '../../../test/read-vectors.ts';
import { changed, evidenceOf, factsSeen, observed, sample } from '../../../test/seen-mesh.ts';
import { authorizationPolicy } from '../../model/istio/authorization-policy.ts';
import { isObject } from '../../model/shape.ts';
import { convertAuthorizationPolicy } from '../../semantics/ambient/convert-policy.ts';
import type { Evidence } from '../evidence.ts';
import { readAuthorization } from './read-authorization.ts';

const seen = (change?: (dump: SceneDump) => void, mesh = AMBIENT_MESH): Evidence =>
  evidenceOf(mesh, ztunnelSays(change));
const statesOf = ({ all }: Evidence, port: number) => {
  const found = all.find(({ workload }) => workload.name === 'cart');
  const at = found?.ports.get(port);
  return { captured: found?.captured.state, mtls: at?.mtls.state, authorization: at?.authorization.state };
};

describe('a ztunnel that holds what is configured', () => {
  it('verifies capture, mode and policies of all pods, whatever the order of what it says', () => {
    const evidence = seen();
    for (const port of [8080, 9090])
      expect(statesOf(evidence, port)).toEqual({ captured: 'verified', mtls: 'verified', authorization: 'verified' });
    expect(evidence.drifts).toEqual([]);
    expect(evidence.all[0]?.captured.why).toBe('loaded and captured, 2 of 2 replicas');
  });

  it('makes data plane, mode and authorization VERIFIED facts', () => {
    const facts = factsSeen(AMBIENT_MESH, ztunnelSays());
    const [cart] = facts.mesh.workloads;
    expect(cart?.dataPlane.status).toBe('VERIFIED');
    const ports = cart ? facts.ports(cart) : [];
    expect(
      ports.map(({ port, mtls, authorization }) => [port.port, mtls.mode, mtls.status, authorization.status]),
    ).toEqual([
      [8080, 'STRICT', 'VERIFIED', 'VERIFIED'],
      [9090, 'PERMISSIVE', 'VERIFIED', 'VERIFIED'],
    ]);
  });

  it('keeps of certificates what they say', () => {
    const text = JSON.stringify(observed(ztunnelSays()));
    expect(text).toContain('spiffe://cluster.local/ns/shop/sa/cart');
    expect(text).not.toContain('UExBTlRFRC1jZXJ0aWZpY2F0ZQ');
  });

  it.each([
    ['a replica is missing', (dump: SceneDump) => void dump.workloads.pop()],
    [
      'a replica is on another node',
      (dump: SceneDump) => void Object.assign(dump.workloads[1] ?? {}, { node: 'node-2' }),
    ],
  ])('is loaded where %s', (_, change) => {
    expect(statesOf(seen(change), 8080)).toEqual({ captured: 'loaded', mtls: 'loaded', authorization: 'loaded' });
  });
});

describe('a ztunnel that holds something else', () => {
  it('lets through what a policy refuses that it does not have', () => {
    const evidence = seen((dump) => dump.policies.splice(1, 1));
    const drift = evidence.drifts.find(({ port }) => port === 8080);
    expect(drift).toMatchObject({
      kind: 'policies',
      holder: 'ztunnel',
      looser: 'proxy',
      what: 'ztunnel lets connections through that the policies refuse: it holds nothing of shop/not-from-lab',
      missing: [{ name: 'not-from-lab' }],
      witness: { source: { identity: 'cluster.local/ns/shop/sa/front' } },
    });
  });

  it('takes a rule of the same name and another meaning for what it means', () => {
    const evidence = seen((dump) => {
      Object.assign(dump.policies[0] ?? {}, { rules: [[[{ principals: [{ Prefix: 'cluster.local/ns/shop/' }] }]]] });
    });
    const [drift] = evidence.drifts;
    expect(drift?.what).toMatch(/lets connections through .* its rules are others, under the same names$/);
    expect(statesOf(evidence, 8080).authorization).toBe('contradicted');
    expect(statesOf(evidence, 8080).mtls).toBe('verified');
  });

  it('takes other words for the same', () => {
    const evidence = seen((dump) => {
      const front = [{ principals: [{ Exact: 'cluster.local/ns/shop/sa/front' }] }];
      Object.assign(dump.policies[0] ?? {}, {
        rules: [8080, 9090, 8080].map((port) => [[{ destinationPorts: [port] }], front]),
      });
    });
    expect(evidence.drifts).toEqual([]);
    expect(statesOf(evidence, 8080).authorization).toBe('verified');
  });

  it('lets plaintext in where the policy that PeerAuthentication became is not named, and that mode holds', () => {
    const change = (dump: SceneDump): void => {
      for (const workload of dump.workloads) workload.authorizationPolicies = ['shop/front-only'];
    };
    expect(seen(change).drifts).toMatchObject([
      {
        kind: 'mutual-tls',
        port: 8080,
        looser: 'proxy',
        what: 'ztunnel holds PERMISSIVE, and the configuration comes to STRICT',
      },
    ]);
    const facts = factsSeen(AMBIENT_MESH, ztunnelSays(change));
    const [cart] = facts.mesh.workloads;
    const [http] = cart ? facts.ports(cart) : [];
    expect(http?.mtls).toMatchObject({ mode: 'PERMISSIVE', status: 'UNKNOWN' });
  });

  it('blames a policy that pods name and that was never sent', () => {
    const evidence = seen((dump) => dump.policies.pop());
    expect(evidence.drifts[0]?.causes[0]).toBe(
      'the pod names shop/converted_peer_authentication_cart, of which nothing is there: ztunnel passes it over',
    );
  });

  it.each([
    ['protocol TCP', (dump: SceneDump) => void Object.assign(dump.workloads[0] ?? {}, { protocol: 'TCP' })],
    [
      'the network of its node',
      (dump: SceneDump) => void Object.assign(dump.workloads[0] ?? {}, { networkMode: 'HostNetwork' }),
    ],
    [
      'does not listen in the network of the pod',
      (dump: SceneDump) =>
        void Object.assign(dump, {
          workloadState: { u1: { state: 'Up', info: { name: 'cart-6c5f7bb9d4-aaaaa', namespace: 'shop' } } },
        }),
    ],
  ])('does not capture: %s', (what, change) => {
    const evidence = seen(change);
    expect(statesOf(evidence, 8080)).toEqual({
      captured: 'contradicted',
      mtls: 'contradicted',
      authorization: 'contradicted',
    });
    expect(evidence.drifts).toMatchObject([{ kind: 'not-captured', what: expect.stringContaining(what) }]);
  });

  it('proves nothing of policies with matchers that are not read, or that it does not tell of', () => {
    const unread = seen((dump) => void Object.assign(dump.policies[0] ?? {}, { rules: [[[{ tlsVersions: [3] }]]] }));
    expect(unread.all[0]?.ports.get(8080)?.policies).toEqual({ state: 'open', why: 'match tlsVersions is not read' });
    const silent = seen((dump) => Reflect.deleteProperty(dump, 'policies'));
    expect(silent.all[0]).toMatchObject({ captured: { state: 'verified' }, ports: new Map() });
  });

  it('names pods of the mesh that the input does not have', () => {
    const evidence = seen((dump) =>
      dump.workloads.push({ ...dump.workloads[0], name: 'x-1', workloadName: 'x' } as never),
    );
    expect(evidence.strangers).toEqual(['dump-0.json: shop/x-1 is in the mesh and no pod of a workload of the input']);
  });
});

describe('waypoints', () => {
  const withWaypoint = changed(AMBIENT_MESH, [
    'metadata: { name: cart, namespace: shop }\nspec:\n  selector: { app: cart }',
    'metadata: { name: cart, namespace: shop, labels: { istio.io/use-waypoint: wp } }\nspec:\n  selector: { app: cart }',
  ]).concat(`---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: wp, namespace: shop, labels: { istio.io/waypoint-for: service } }
spec:
  gatewayClassName: istio-waypoint
  listeners: [{ name: mesh, port: 15008, protocol: HBONE }]
`);
  const bound = (destination?: string) => (dump: SceneDump) => {
    if (destination !== undefined)
      Object.assign(dump.services[0] ?? {}, { waypoint: { destination, hboneMtlsPort: 15008 } });
    dump.services.push({ hostname: 'wp.shop.svc.cluster.local', name: 'wp', namespace: 'shop', vips: ['/10.96.0.20'] });
  };

  it.each(['shop/wp.shop.svc.cluster.local', '/10.96.0.20', 'network-1/10.96.0.20'])(
    'agrees by name or address: %s; what the waypoint decides stays open',
    (destination) => {
      const evidence = seen(bound(destination), withWaypoint);
      expect(evidence.drifts).toEqual([]);
      expect(statesOf(evidence, 8080)).toEqual({ captured: 'verified', mtls: 'verified', authorization: 'open' });
    },
  );

  it('a service that is led past its waypoint is not captured by it', () => {
    const evidence = seen(bound(), withWaypoint);
    expect(evidence.drifts).toMatchObject([
      {
        kind: 'not-captured',
        past: 'waypoint',
        looser: 'proxy',
        what: 'ztunnel leads what is sent to service shop/cart past waypoint shop/wp',
      },
    ]);
    expect(statesOf(evidence, 8080).authorization).toBe('contradicted');
  });

  it('one that nobody configured', () => {
    expect(seen(bound('shop/wp.shop.svc.cluster.local')).drifts).toMatchObject([
      { past: 'waypoint', looser: 'configuration' },
    ]);
  });
});

describe("istiod's ambientz", () => {
  it('reads policies as istiod was recorded to send them', () => {
    let compared = 0;
    for (const { policy, ztunnelAuthorization } of conversions) {
      if (!isObject(ztunnelAuthorization)) continue;
      const own = convertAuthorizationPolicy(toResource(authorizationPolicy, policy), {
        rootNamespace: 'istio-system',
        trustDomains: 'dropped',
      });
      const { key: _, isDryRun: __, unread, ...loaded } = readAuthorization(ztunnelAuthorization);
      expect(unread).toEqual([]);
      const withoutPaths = own?.groups.map(({ clauses }) => ({
        clauses: clauses.map(({ matches }) => ({ path: [], matches })),
      }));
      const { source: ___, ...converted } = own ?? { source: undefined };
      expect(loaded).toMatchObject({ ...converted, groups: loaded.groups });
      expect(textOf(loaded.groups)).toBe(textOf(withoutPaths));
      compared++;
    }
    expect(compared).toBeGreaterThan(20);
  });

  it('is loaded at most: it captures nothing', () => {
    const evidence = evidenceOf(AMBIENT_MESH, ambientz());
    expect(evidence.all[0]).toMatchObject({ proxies: [], captured: { state: 'open' } });
    expect(statesOf(evidence, 8080)).toMatchObject({ mtls: 'loaded', authorization: 'loaded' });
    expect(evidence.all[0]?.ports.get(8080)?.mtls.why).toBe('istiod would send it');
  });

  it('shows what istiod does not have', () => {
    const evidence = evidenceOf(AMBIENT_MESH, ambientz('not-from-lab'));
    expect(evidence.drifts[0]).toMatchObject({
      kind: 'policies',
      holder: 'istiod',
      missing: [{ name: 'not-from-lab' }],
    });
  });

  it('says nothing of the sidecars of a recorded mesh', () => {
    expect(evidenceOf(sample('manifests.yaml'), sample('ambientz.json'))).toMatchObject({
      all: [],
      drifts: [],
      strangers: [],
    });
  });
});

const textOf = (value: unknown): string =>
  JSON.stringify(value, (name, each) => (name === 'text' ? undefined : typeof each === 'bigint' ? String(each) : each));

/** The same as protobuf's JSON: default values left out, addresses as bytes. */
function ambientz(without?: string): string {
  const dump = JSON.parse(ztunnelSays()) as SceneDump;
  const policies = dump.policies
    .filter(({ name }) => name !== without)
    .map(({ name, namespace, action, scope, rules }) => ({
      name,
      namespace,
      ...(scope === 'WorkloadSelector' ? { scope: 'WORKLOAD_SELECTOR' } : { scope: 'NAMESPACE' }),
      ...(action === 'Deny' ? { action: 'DENY' } : {}),
      groups: (rules as Record<string, unknown>[][][]).map((clauses) => ({
        rules: clauses.map((matches) => ({ matches: matches.map(toWire) })),
      })),
    }));
  const workloads = dump.workloads.map(({ protocol, ...rest }) => ({
    ...rest,
    tunnelProtocol: protocol,
    workloadIps: undefined,
    addresses: ['CgAAAQ=='],
  }));
  return JSON.stringify({ workloads, services: [], policies });
}

function toWire(match: Record<string, unknown>): unknown {
  const lower = (value: unknown): unknown =>
    isObject(value)
      ? Object.fromEntries(
          Object.entries(value).map(([kind, text]) => [kind.toLowerCase(), kind === 'Presence' ? {} : text]),
        )
      : value;
  return Object.fromEntries(
    Object.entries(match).map(([field, values]) => [
      field,
      field === 'sourceIps' ? [{ address: 'CgkAAA==', length: 16 }] : (values as unknown[]).map(lower),
    ]),
  );
}
