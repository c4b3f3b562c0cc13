import { describe, expect, test } from 'vitest';
import { dimensionMethod } from '../result/method.ts';
import { dimension as dimensionSchema } from '../result/schema.ts';
import { rate, rated } from '../../test/rate-sample.ts';
import { sampleFacts, type SampleMesh, sampleResource, type SampleWorkload } from '../../test/sample-facts.ts';
import { rateDimensions } from './dimensions.ts';
import { populationOf } from './population.ts';

const COMPLETE = ['all'];

const repeat = (count: number, make: (index: number) => SampleWorkload): SampleWorkload[] =>
  Array.from({ length: count }, (_, index) => make(index));

describe('all of them', () => {
  test('are the eight of the method in its order, as the schema wants them', () => {
    const ratings = rateDimensions(populationOf(sampleFacts({ workloads: [{ name: 'web', ports: [{ port: 80 }] }] })));
    expect(ratings.map(({ dimension }) => dimension.id)).toEqual(dimensionMethod.map(({ id }) => id));
    for (const { dimension } of ratings) expect(() => dimensionSchema.parse(dimension)).not.toThrow();
  });

  test('of an empty input are UNKNOWN, rate 0, and may turn out anything', () => {
    for (const { dimension, configured, proven } of rateDimensions(populationOf(sampleFacts({})))) {
      expect(dimension).toMatchObject({ status: 'UNKNOWN', rating: 0, configured: 0, weighted: 0, coverage: [] });
      expect([configured, proven]).toEqual([
        { low: 0, high: 5 },
        { low: 0, high: 5 },
      ]);
      expect(dimension.next).toMatch(/^not in the input: ./);
    }
  });

  test('of a mesh of gateways alone divide by nothing', () => {
    const gateway: SampleWorkload = {
      name: 'gw',
      plane: 'gateway',
      gateway: { kind: 'istio' },
      ports: [{ port: 8443, mode: 'none', posture: 'none' }],
    };
    for (const { dimension } of rateDimensions(populationOf(sampleFacts({ workloads: [gateway] })))) {
      expect(Number.isFinite(dimension.weighted)).toBe(true);
      expect(() => dimensionSchema.parse(dimension)).not.toThrow();
    }
    expect(rate('mtls', { workloads: [gateway] })).toMatchObject({ status: 'UNKNOWN', configured: 0 });
  });
});

describe('mTLS', () => {
  const port = (mode: 'STRICT' | 'PERMISSIVE') => ({ port: 8080, mode });

  test('is the rung of the published figure; proven 2 at most without data-plane evidence', () => {
    const workloads = repeat(10, (index) => ({
      name: `w${index}`,
      ports: [port(index < 8 ? 'STRICT' : 'PERMISSIVE')],
    }));
    const dimension = rate('mtls', { workloads });
    expect(dimension).toMatchObject({ configured: 3, rating: 2, weighted: 6, status: 'INFERRED' });
    expect(dimension.coverage).toEqual([{ what: 'workload ports STRICT', have: 8, of: 10 }]);
    expect(dimension.next).toBe('4: 2 more of 10 workload ports STRICT (proven beyond 2: data-plane evidence)');
  });

  test('counts in full once every port is verified', () => {
    const workloads = repeat(
      10,
      (index) =>
        ({ name: `w${index}`, status: 'VERIFIED', ports: [port(index < 8 ? 'STRICT' : 'PERMISSIVE')] }) as const,
    );
    expect(rate('mtls', { workloads })).toMatchObject({ configured: 3, rating: 3, status: 'VERIFIED' });
  });

  test('a hundred harmless workloads do not dilute one open database, nor one that is exposed', () => {
    const harmless = repeat(100, (index) => ({ name: `w${index}`, ports: [port('STRICT')] }));
    const database: SampleWorkload = { name: 'db', sensitivity: 'critical', ports: [port('PERMISSIVE')] };
    const front: SampleWorkload = { name: 'front', ports: [{ ...port('PERMISSIVE'), internet: [{}] }] };
    expect(rate('mtls', { workloads: harmless }).configured).toBe(4);
    expect(rate('mtls', { workloads: [...harmless, database] })).toMatchObject({
      configured: 0,
      coverage: [
        { what: 'workload ports STRICT', have: 100, of: 101 },
        { what: 'workload ports of critical and high assets STRICT', have: 0, of: 1 },
      ],
      next: '1: 1 more of 1 workload ports of critical and high assets STRICT',
    });
    expect(rate('mtls', { workloads: [...harmless, front] }).configured).toBe(0);
  });

  test('ports outside the mesh count as not covered, UDP and gateway listeners not at all', () => {
    const workloads: SampleWorkload[] = [
      { name: 'in', ports: [port('STRICT'), { port: 53, transport: 'UDP', mode: 'none' }] },
      { name: 'out', plane: 'none', ports: [{ port: 80 }] },
      { name: 'gw', plane: 'gateway', gateway: { kind: 'istio' }, ports: [{ port: 8443 }] },
      { name: 'istiod', plane: 'none', labels: { app: 'istiod' }, ports: [{ port: 15012 }] },
    ];
    expect(rate('mtls', { workloads }).coverage[0]).toEqual({ what: 'workload ports STRICT', have: 1, of: 2 });
  });

  test('what is unknown is bad in the value and makes the band', () => {
    const workloads = repeat(
      10,
      (index) => ({ name: `w${index}`, ports: [{ port: 80, status: index < 4 ? 'UNKNOWN' : 'INFERRED' }] }) as const,
    );
    const { dimension, configured } = rated('mtls', { workloads });
    expect(dimension).toMatchObject({ configured: 2, status: 'INFERRED' });
    expect(dimension.coverage[1]).toEqual({ what: 'workload ports of which it is unknown', have: 4, of: 10 });
    expect(configured).toEqual({ low: 2, high: 4 });
  });

  test('mostly unknown is UNKNOWN, whatever the rest is', () => {
    const unknown = repeat(6, (index) => ({ name: `u${index}`, ports: [{ port: 80, status: 'UNKNOWN' }] }) as const);
    const strict = repeat(4, (index) => ({ name: `s${index}`, ports: [port('STRICT')] }));
    expect(rate('mtls', { workloads: [...unknown, ...strict] })).toMatchObject({
      status: 'UNKNOWN',
      configured: 0,
      rating: 0,
    });
    const half = [...unknown.slice(0, 4), ...strict];
    expect(rate('mtls', { workloads: half })).toMatchObject({ status: 'INFERRED', configured: 2 });
  });

  test('an assumption keeps its word and widens the band: no policy in the root namespace is in the input', () => {
    const workloads: SampleWorkload[] = [
      { name: 'a', ports: [{ port: 80, mode: 'PERMISSIVE', level: 'default' }] },
      { name: 'b', ports: [port('STRICT')] },
    ];
    expect(rated('mtls', { workloads })).toMatchObject({
      dimension: { configured: 2 },
      configured: { low: 2, high: 4 },
    });
    expect(rated('mtls', { workloads, complete: ['root-policies'] }).configured).toEqual({ low: 2, high: 2 });
    const young: SampleWorkload[] = [{ name: 'a', ports: [{ ...port('STRICT'), assumes: ['applied together'] }] }];
    expect(rated('mtls', { workloads: young }).configured).toEqual({ low: 0, high: 4 });
  });
});

test('identity: a data plane, and an identity that nobody shares and that is no default account', () => {
  const workloads: SampleWorkload[] = [
    { name: 'own' },
    { name: 'twin-a', serviceAccount: 'twins' },
    { name: 'twin-b', serviceAccount: 'twins' },
    { name: 'lazy', serviceAccount: 'default' },
    { name: 'outside', plane: 'none' },
    { name: 'coredns', namespace: 'kube-system', plane: 'none' },
  ];
  const dimension = rate('identity', { workloads });
  expect(dimension.coverage.map(({ have, of }) => `${have}/${of}`)).toEqual(['4/5', '1/5']);
  expect(dimension.configured).toBe(1);
});

test('identity: the same workload in several clusters shares nothing', () => {
  const dimension = rate('identity', {
    workloads: [
      { name: 'web', cluster: 'east' },
      { name: 'web', cluster: 'west' },
    ],
  });
  expect(dimension.configured).toBe(4);
});

describe('request authentication', () => {
  const jwt = { kind: 'jwt', issuer: 'https://issuer' } as const;
  const ports = (internet: NonNullable<SampleWorkload['ports']>[number]['internet']) => [
    { port: 80, internet: internet ?? [] },
  ];

  test('a port counts as covered only if every way in asks who sends', () => {
    const workloads: SampleWorkload[] = [
      { name: 'token', ports: ports([{ requires: [jwt] }, { outcome: 'deny' }]) },
      { name: 'approval', ports: ports([{ requires: [{ kind: 'ext-authz', provider: 'opa' }] }]) },
      { name: 'half', ports: ports([{ requires: [jwt] }, {}]) },
      { name: 'address', ports: ports([{ requires: [{ kind: 'source-ip', ranges: ['10.0.0.0/8'] }] }]) },
      { name: 'inner', ports: ports([]) },
    ];
    expect(rate('request-authn', { workloads })).toMatchObject({ configured: 2, coverage: [{ have: 2, of: 4 }] });
  });

  test('a public site is no gap once somebody says that it is one', () => {
    const site: SampleWorkload = { name: 'site', ports: ports([{}]) };
    expect(rate('request-authn', { workloads: [site] }).configured).toBe(0);
    expect(rate('request-authn', { workloads: [{ ...site, public: true }] }).configured).toBe(4);
  });

  test('nothing reachable is in order where the input is complete, assumed where it holds gateways, else unknown', () => {
    const workloads: SampleWorkload[] = [{ name: 'inner', ports: ports([]) }];
    expect(rate('request-authn', { workloads })).toMatchObject({ status: 'UNKNOWN', configured: 0 });
    expect(rated('request-authn', { workloads, complete: ['gateways'] })).toMatchObject({
      dimension: { status: 'INFERRED', configured: 4, rating: 2, coverage: [{ have: 0, of: 0 }] },
      configured: { low: 4, high: 4 },
    });
    const gateway: SampleWorkload = { name: 'gw', plane: 'gateway', gateway: { kind: 'istio' } };
    expect(rated('request-authn', { workloads: [...workloads, gateway] })).toMatchObject({
      dimension: { status: 'INFERRED', configured: 4 },
      configured: { low: 0, high: 4 },
    });
  });

  test('a way in of a kind that is not modelled is unknown', () => {
    const route = {
      kind: 'Route',
      apiVersion: 'route.openshift.io/v1',
      cluster: '',
      namespace: 'shop',
      name: 'web',
      origin: sampleResource('Route', 'shop', 'web', {}).origin,
      touches: 'ingress',
      why: 'test',
    } as const;
    const mesh: SampleMesh = {
      workloads: [{ name: 'inner', ports: ports([]) }],
      complete: COMPLETE,
      unmodelled: [route],
    };
    expect(rate('request-authn', mesh).status).toBe('UNKNOWN');
    expect(rate('ingress', mesh).status).toBe('UNKNOWN');
  });
});

test('authorization: restricted or closed ports count, conditional ones are unknown', () => {
  const posture = (
    name: string,
    value: 'none' | 'allow-any' | 'restricted' | 'deny-all' | 'conditional',
  ): SampleWorkload => ({ name, ports: [{ port: 80, posture: value }] });
  const workloads = [
    posture('a', 'restricted'),
    posture('b', 'deny-all'),
    posture('c', 'allow-any'),
    posture('d', 'none'),
    posture('e', 'conditional'),
  ];
  const { dimension, configured } = rated('authorization', { workloads, complete: COMPLETE });
  expect(dimension.coverage.map(({ have, of }) => `${have}/${of}`)).toEqual(['2/5', '1/5']);
  expect(configured).toEqual({ low: 1, high: 2 });
});

test('tests make the highest rating possible, evidence makes it count', () => {
  const workloads: SampleWorkload[] = [{ name: 'web', status: 'VERIFIED', ports: [{ port: 80 }] }];
  expect(rated('mtls', { workloads }, new Set(['mtls'])).dimension).toMatchObject({
    configured: 5,
    rating: 5,
    next: 'nothing: the highest rating, 5, is reached',
  });
  expect(rated('mtls', { workloads }).dimension).toMatchObject({
    configured: 4,
    rating: 4,
    next: '5: positive and negative tests of all that is covered',
  });
});
