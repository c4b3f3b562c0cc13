import { expect, test } from 'vitest';
import type { Finding } from '../result/types.ts';
import { sampleFacts, type SampleMesh, sampleResource, type SampleWorkload } from '../../test/sample-facts.ts';
import { subjectOf } from '../rules/rule.ts';
import { rateDimensions } from './dimensions.ts';
import { maturityOf } from './maturity.ts';
import type { Observed } from './open-questions.ts';
import { populationOf } from './population.ts';

function maturity(mesh: SampleMesh, findings: readonly Finding[] = [], observed: Observed = {}) {
  const facts = sampleFacts({ complete: ['all'], ...mesh });
  return maturityOf(populationOf(facts), findings, rateDimensions(populationOf(facts)), observed);
}

const ledger: SampleWorkload = { name: 'ledger', sensitivity: 'critical', ports: [{ port: 8080 }] };
const web: SampleWorkload = { name: 'web', ports: [{ port: 80 }] };
const verified = (workloads: readonly SampleWorkload[]): SampleWorkload[] =>
  workloads.map((each) => ({ ...each, status: 'VERIFIED' }));

test('an empty input is level 0 and configured for nothing', () => {
  expect(maturity({})).toEqual({
    level: 0,
    name: 'no consistent controls',
    configuredFor: 0,
    next: { level: 1, unmet: ['a workload in the mesh'] },
  });
});

test('configuration alone satisfies no level', () => {
  expect(maturity({ workloads: [ledger, web] })).toEqual({
    level: 0,
    name: 'no consistent controls',
    configuredFor: 3,
    next: {
      level: 1,
      unmet: [
        'data-plane evidence: levels 1 to 3 are configured and not verified',
        'for level 4, positive and negative tests of who may call what, run against the data plane',
      ],
    },
  });
});

test('evidence makes the levels count', () => {
  expect(maturity({ workloads: verified([ledger, web]) })).toMatchObject({
    level: 3,
    configuredFor: 3,
    next: { level: 4 },
  });
  expect(maturity({ workloads: verified([ledger, web]) }, [], { tested: true })).toMatchObject({
    level: 4,
    configuredFor: 4,
    next: { level: 5 },
  });
});

test('level 1: shared identities and unknown data planes', () => {
  const { configuredFor, next } = maturity({
    workloads: [ledger, { ...web, serviceAccount: 'default' }, { name: 'x', status: 'UNKNOWN', plane: 'none' }],
  });
  expect(configuredFor).toBe(0);
  expect(next.unmet).toEqual([
    '1 of 3 data planes to be known',
    '1 of 2 workloads in the mesh to have an identity of their own, not shared and not the default account',
  ]);
});

test('level 2: STRICT where it is critical; elsewhere plaintext needs a documented exception', () => {
  const open: SampleWorkload = { ...web, ports: [{ port: 80, mode: 'PERMISSIVE' }] };
  expect(maturity({ workloads: [{ ...ledger, ports: [{ port: 8080, mode: 'PERMISSIVE' }] }] }).next.unmet).toContain(
    'for level 2, 1 of 1 ports on critical paths to be STRICT',
  );
  const mesh: SampleMesh = { workloads: [ledger, open] };
  expect(maturity(mesh)).toMatchObject({ configuredFor: 1 });
  const workload = sampleFacts(mesh).mesh.workloads[1];
  if (!workload) throw new Error('no workload');
  const accepted = {
    id: 'mtls/permissive',
    subjects: [subjectOf(workload, 80)],
    exception: { reason: 'scraped' },
  } as unknown as Finding;
  expect(maturity(mesh, [accepted])).toMatchObject({ configuredFor: 3 });
});

test('level 3: sensitive workloads must be named, restricted, and ask callers from the internet', () => {
  expect(maturity({ workloads: [web] }).next.unmet.at(-1)).toBe(
    'for level 3, critical and high assets to be named (`assets` in meshproof.yaml)',
  );
  expect(maturity({ workloads: [{ ...ledger, ports: [{ port: 8080, posture: 'allow-any' }] }] }).configuredFor).toBe(2);
  expect(maturity({ workloads: [{ ...ledger, ports: [{ port: 8080, internet: [{}] }] }] }).configuredFor).toBe(2);
  expect(
    maturity({ workloads: [{ ...ledger, ports: [{ port: 8080, internet: [{ requires: [{ kind: 'jwt' }] }] }] }] })
      .configuredFor,
  ).toBe(3);
});

test('level 5: the boundaries are governed', () => {
  const resources = [
    sampleResource('NetworkPolicy', 'shop', 'all', {
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
      ingress: [],
      egress: [],
    }),
    sampleResource('Sidecar', 'shop', 'all', { outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } }),
  ];
  const open = maturity({ workloads: [ledger] }, [], { tested: true });
  expect(open.next.unmet.slice(1)).toEqual([
    'for level 5, segmentation at 4 or better: it is at 0',
    'for level 5, egress at 4 or better: it is at 0',
  ]);
  expect(maturity({ workloads: [ledger], resources }, [], { tested: true }).configuredFor).toBe(5);
});
