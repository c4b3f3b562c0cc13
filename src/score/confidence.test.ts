import { expect, test } from 'vitest';
import { confidenceDeductions } from '../result/method.ts';
import { sampleFacts, type SampleMesh, sampleResource } from '../../test/sample-facts.ts';
import { confidenceOf } from './confidence.ts';
import { populationOf } from './population.ts';

const populationOfSample = (mesh: SampleMesh) => populationOf(sampleFacts(mesh));

const gateway = { name: 'gw', namespace: 'ingress', plane: 'gateway', gateway: { kind: 'istio' } } as const;
const known: SampleMesh = {
  workloads: [
    { name: 'web', sensitivity: 'high', stated: true, status: 'VERIFIED', ports: [{ port: 80 }] },
    { ...gateway, status: 'VERIFIED' },
  ],
  complete: ['all'],
  version: '1.31',
};
const lost = (mesh: SampleMesh, observed = {}) =>
  confidenceOf(populationOfSample(mesh), [], { tested: true, ...observed }).deductions.map(
    ({ points, remedy }) => `${points} ${remedy}`,
  );

test('nothing is lost where all is known, seen and tested', () => {
  expect(confidenceOf(populationOfSample(known), [], { tested: true })).toEqual({
    value: 100,
    deductions: [],
    evidenceCoverage: { verified: 1, inferred: 0, unknown: 0 },
  });
});

test('of nothing at all little is left, and never less than 0', () => {
  const { value, deductions, evidenceCoverage } = confidenceOf(populationOfSample({}), []);
  expect(value).toBe(100 - deductions.reduce((sum, { points }) => sum + points, 0));
  expect(value).toBeGreaterThanOrEqual(0);
  expect(evidenceCoverage).toEqual({ verified: 0, inferred: 0, unknown: 0 });
});

test('every deduction has the words of the method and a remedy', () => {
  const { deductions } = confidenceOf(
    populationOfSample({ workloads: [{ name: 'web', status: 'UNKNOWN', ports: [{ port: 80 }] }] }),
    [],
    { conflicts: 2 },
  );
  expect(deductions.map(({ reason }) => reason)).toEqual(confidenceDeductions.map(({ reason }) => reason));
  for (const { remedy } of deductions) expect(remedy).toMatch(/\S/);
});

test.each([
  [
    'no data plane was seen',
    { workloads: known.workloads?.map((each) => ({ ...each, status: 'INFERRED' as const })) ?? [] },
    20,
  ],
  ['no Istio version', { version: undefined }, 5],
  [
    'a sensitivity is unknown',
    { workloads: [{ name: 'web', status: 'VERIFIED', stated: true, ports: [{ port: 80 }] }] },
    5,
  ],
  [
    'callers are not stated',
    { workloads: [{ name: 'web', status: 'VERIFIED', sensitivity: 'high', ports: [{ port: 80 }] }] },
    5,
  ],
] as const)('%s', (_name, changes, points) => {
  const { version, ...rest } = { ...known, ...changes };
  expect(
    confidenceOf(populationOfSample({ ...rest, ...(version === undefined ? {} : { version }) }), [], { tested: true })
      .value,
  ).toBe(100 - points);
});

test('names what is unknown, with numbers', () => {
  const workloads = ['a', 'b', 'c', 'd'].map(
    (name) => ({ name, sensitivity: 'high', stated: true, status: 'UNKNOWN', ports: [{ port: 80 }] }) as const,
  );
  const open = lost({ ...known, workloads: [...workloads, ...(known.workloads ?? [])] });
  expect(open).toEqual([
    '15 kubectl get namespaces,pods,deployments,statefulsets,daemonsets,jobs,cronjobs,services -A -o yaml  # 4 of 6 data planes unknown (shop/a, shop/b, shop/c, …)',
    '10 kubectl get namespaces,pods,peerauthentications -A -o yaml  # 4 of 5 ports (shop/a:80, shop/b:80, shop/c:80, …)',
    '10 kubectl get namespaces,pods,authorizationpolicies,envoyfilters,wasmplugins -A -o yaml  # 4 of 5 ports (shop/a:80, shop/b:80, shop/c:80, …)',
  ]);
});

test('the boundary is incomplete without gateways or mesh config, and with kinds that are not modelled', () => {
  const [, bare] = lost({
    ...known,
    complete: ['namespace:shop', 'namespace:ingress'],
    workloads: known.workloads?.slice(0, 1) ?? [],
  }).map((each) => each.slice(0, 3));
  expect(bare).toBeUndefined();
  const [boundary] = lost({ ...known, complete: ['namespace:shop'], workloads: known.workloads?.slice(0, 1) ?? [] });
  expect(boundary).toContain('no gateway in the input; no mesh config in the input');
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
  expect(lost({ ...known, unmodelled: [route] })).toEqual(['10 # 1 objects not modelled (Route shop/web)']);
});

test('the shares of conclusions by status add up', () => {
  const { evidenceCoverage } = confidenceOf(
    populationOfSample({ workloads: [{ name: 'web', ports: [{ port: 80, status: 'UNKNOWN' }] }] }),
    [{ status: 'VERIFIED' }],
  );
  expect(evidenceCoverage).toEqual({ verified: 0.25, inferred: 0.25, unknown: 0.5 });
});
