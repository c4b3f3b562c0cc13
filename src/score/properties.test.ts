import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scoreLimits } from '../result/method.ts';
import {
  sampleFacts,
  type SampleMesh,
  type SamplePort,
  sampleResource,
  type SampleWorkload,
} from '../../test/sample-facts.ts';
import { assess } from './assess.ts';
import { rateDimensions } from './dimensions.ts';
import { scoreOf, type Severe } from './score.ts';
import { populationOf } from './population.ts';

const RUNS = { numRuns: 400, seed: 31 };

const port: fc.Arbitrary<SamplePort> = fc.record({
  port: fc.constantFrom(80, 8080),
  mode: fc.constantFrom('STRICT', 'PERMISSIVE', 'DISABLE'),
  level: fc.constantFrom('namespace', 'default'),
  posture: fc.constantFrom('none', 'allow-any', 'restricted', 'deny-all', 'conditional'),
  status: fc.constantFrom('VERIFIED', 'INFERRED', 'INFERRED', 'UNKNOWN'),
  assumes: fc.constantFrom([], ['applied together']),
  internet: fc.constantFrom(
    [],
    [{}],
    [{ requires: [{ kind: 'jwt' }] }],
    [{ outcome: 'deny' }],
    [{ beside: true }],
    [{ outcome: 'unknown' }],
  ) as fc.Arbitrary<NonNullable<SamplePort['internet']>>,
  nodePort: fc.boolean(),
  openToAnyPod: fc.boolean(),
});

const workload = fc.record({
  plane: fc.constantFrom('sidecar', 'sidecar', 'ambient', 'none'),
  status: fc.constantFrom('VERIFIED', 'INFERRED', 'INFERRED', 'UNKNOWN'),
  serviceAccount: fc.constantFrom('default', 'shared', 'own'),
  sensitivity: fc.constantFrom('critical', 'high', 'medium', 'low', 'none'),
  stated: fc.boolean(),
  namespace: fc.constantFrom('shop', 'pay'),
  ports: fc.uniqueArray(port, { maxLength: 2, selector: (each) => each.port }),
});

const policies = [
  sampleResource('NetworkPolicy', 'shop', 'closed', {
    podSelector: {},
    policyTypes: ['Ingress', 'Egress'],
    ingress: [],
    egress: [],
  }),
  sampleResource('Sidecar', 'pay', 'closed', { outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } }),
  sampleResource('Telemetry', 'shop', 'logs', { accessLogging: [{ providers: [{ name: 'envoy' }] }] }),
  sampleResource('Gateway', 'shop', 'public', { servers: [{ port: { number: 80, protocol: 'HTTP' }, hosts: ['*'] }] }),
];

const mesh: fc.Arbitrary<SampleMesh & { readonly workloads: readonly SampleWorkload[] }> = fc.record({
  workloads: fc.array(workload, { maxLength: 8 }).map((list) =>
    list.map((each, index) => ({
      ...each,
      name: `w${index}`,
      serviceAccount: each.serviceAccount === 'own' ? `w${index}` : each.serviceAccount,
    })),
  ),
  complete: fc.subarray([
    'gateways',
    'mesh-config',
    'root-policies',
    'network-policies',
    'namespace:shop',
    'namespace:pay',
  ]),
  resources: fc.subarray(policies),
});

const findings: fc.Arbitrary<readonly Severe[]> = fc.array(
  fc.record({ id: fc.constantFrom('a/a', 'b/b'), severity: fc.constantFrom('CRITICAL', 'HIGH', 'LOW') }),
  { maxLength: 3 },
);

/** One thing put right, evidence and all else as it was. */
const fixes: Readonly<Record<string, (workload: SampleWorkload) => SampleWorkload>> = {
  strict: onPorts((each) => ({ ...each, mode: 'STRICT', level: 'namespace', openToAnyPod: false })),
  restricted: onPorts((each) =>
    each.posture === 'conditional' ? each : { ...each, posture: 'restricted', openToAnyPod: false },
  ),
  tokens: onPorts((each) => ({
    ...each,
    internet: (each.internet ?? []).map((way) =>
      isUndecided(way) ? way : { ...way, requires: [{ kind: 'jwt' as const }] },
    ),
  })),
  gateways: onPorts((each) => ({ ...each, internet: (each.internet ?? []).map(({ beside: _, ...rest }) => rest) })),
  closed: onPorts((each) => ({ ...each, openToAnyPod: false })),
  identity: (each) => ({ ...each, serviceAccount: each.name }),
  stated: (each) => ({ ...each, stated: true }),
};

const isUndecided = ({ outcome }: NonNullable<SamplePort['internet']>[number]): boolean => outcome === 'unknown';

function onPorts(fix: (port: SamplePort) => SamplePort): (workload: SampleWorkload) => SampleWorkload {
  return (each) => ({ ...each, ports: (each.ports ?? []).map(fix) });
}

const figures = (of: SampleMesh) => {
  const rated = rateDimensions(populationOf(sampleFacts(of)));
  const { value, low, high, configured } = scoreOf(rated, []);
  return [
    ...rated.flatMap(({ dimension, configured, proven }) => [
      dimension.rating,
      dimension.configured,
      configured.low,
      configured.high,
      proven.low,
      proven.high,
    ]),
    ...(value === null || configured.value === null
      ? []
      : [value, low, high, configured.value, configured.low, configured.high]),
  ];
};

test('monotone: putting one subject right never lowers a rating, a figure or an end of its band', () => {
  fc.assert(
    fc.property(mesh, fc.nat(), fc.constantFrom(...Object.keys(fixes)), (before, pick, name) => {
      fc.pre(before.workloads.length > 0);
      const index = pick % before.workloads.length;
      const fix = fixes[name];
      const after = {
        ...before,
        workloads: before.workloads.map((each, position) => (position === index && fix ? fix(each) : each)),
      };
      const old = figures(before);
      const now = figures(after);
      expect(now.length).toBe(old.length);
      for (const [position, figure] of now.entries()) expect(figure).toBeGreaterThanOrEqual(old[position] ?? 0);
    }),
    { ...RUNS, numRuns: 2000 },
  );
});

test('bounds: ratings from 0 to 5, figures from 0 to 100, low ≤ value ≤ high, proven ≤ configured, caps hold', () => {
  fc.assert(
    fc.property(mesh, findings, (of, open) => {
      const rated = rateDimensions(populationOf(sampleFacts(of)));
      for (const { dimension, configured, proven } of rated) {
        expect(configured.low).toBeGreaterThanOrEqual(0);
        expect(configured.low).toBeLessThanOrEqual(dimension.configured);
        expect(dimension.configured).toBeLessThanOrEqual(configured.high);
        expect(configured.high).toBeLessThanOrEqual(5);
        expect(proven.low).toBeLessThanOrEqual(dimension.rating);
        expect(dimension.rating).toBeLessThanOrEqual(proven.high);
        expect(dimension.rating).toBeLessThanOrEqual(dimension.configured);
        if (dimension.status !== 'VERIFIED') expect(dimension.rating).toBeLessThanOrEqual(scoreLimits.unverifiedRating);
        if (dimension.status === 'UNKNOWN')
          expect([dimension.rating, configured.low, configured.high]).toEqual([0, 0, 5]);
        for (const { have, of: all } of dimension.coverage) expect(have).toBeLessThanOrEqual(all);
      }
      const { value, low, high, configured } = scoreOf(rated, open);
      const critical = open.some(({ severity }) => severity === 'CRITICAL');
      for (const figure of [{ value, low, high }, configured]) {
        expect(figure.low).toBeGreaterThanOrEqual(0);
        expect(figure.high).toBeLessThanOrEqual(critical ? scoreLimits.openCritical : 100);
        expect(figure.low).toBeLessThanOrEqual(figure.value ?? figure.low);
        expect(figure.value ?? figure.high).toBeLessThanOrEqual(figure.high);
      }
      const unknown = rated.filter(({ dimension }) => dimension.status === 'UNKNOWN').length;
      expect(value === null).toBe(unknown >= scoreLimits.unknownDimensions);
    }),
    RUNS,
  );
});

test('deterministic: the order of workloads and of objects changes nothing', () => {
  fc.assert(
    fc.property(mesh, (of) => {
      const assessed = JSON.stringify(assess(sampleFacts(of), []));
      const turned = { ...of, workloads: of.workloads.toReversed(), resources: (of.resources ?? []).toReversed() };
      expect(JSON.stringify(assess(sampleFacts(turned), []))).toBe(assessed);
      expect(JSON.stringify(assess(sampleFacts(of), []))).toBe(assessed);
    }),
    RUNS,
  );
});

test('confidence, maturity and verdict stay within their bounds', () => {
  fc.assert(
    fc.property(mesh, (of) => {
      const { confidence, maturity, verdict, verdictWhy } = assess(sampleFacts(of), []);
      expect(confidence.value).toBeGreaterThanOrEqual(0);
      expect(confidence.value).toBe(
        Math.max(0, 100 - confidence.deductions.reduce((sum, { points }) => sum + points, 0)),
      );
      expect(maturity.level).toBeLessThanOrEqual(maturity.configuredFor);
      expect(maturity.next.unmet.length).toBeGreaterThan(0);
      expect(['STRONG', 'MODERATE', 'WEAK', 'HIGH RISK', 'INCONCLUSIVE']).toContain(verdict);
      expect(verdictWhy).toMatch(/^[A-Z0-9].*\.$/);
    }),
    RUNS,
  );
});
