import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/semantics/decide.ts';
import { queryOf } from './compare.ts';
import { loadRandom, type RandomMesh, randomMesh } from './random-mesh.ts';
import { type RandomRequest, randomRequest } from './random-request.ts';

const RUNS = { numRuns: 120, seed: 20_261_126 };
const requests = fc.array(randomRequest, { minLength: 8, maxLength: 8 });

function outcomes(mesh: RandomMesh, asked: readonly RandomRequest[]): readonly string[] {
  const { enforcement, workload } = loadRandom(mesh);
  return asked.map((request) => decide(enforcement, queryOf(workload, request)).outcome);
}

/** Runs random meshes and requests through a change that must not turn one verdict. */
function changesNothing(change: (mesh: RandomMesh) => RandomMesh): void {
  fc.assert(
    fc.property(randomMesh, requests, (mesh, asked) => {
      expect(outcomes(change(mesh), asked)).toEqual(outcomes(mesh, asked));
    }),
    RUNS,
  );
}

type Named = { readonly metadata: { readonly name: string; readonly namespace: string } };

describe('verdicts do not depend on', () => {
  it('the order of documents', () => {
    changesNothing((mesh) => ({ ...mesh, policies: [...mesh.policies].reverse() }));
  });

  it('the names of policies', () => {
    // Of two PeerAuthentications of one age the name decides which is taken (reference §1.1), so that these keep their order.
    changesNothing((mesh) => ({
      ...mesh,
      policies: mesh.policies.map((policy) => {
        const { metadata } = policy as Named;
        return { ...policy, metadata: { ...metadata, name: `renamed-${metadata.name}` } };
      }),
    }));
  });

  it('policies for other workloads and namespaces', () => {
    const elsewhere = ['ALLOW', 'DENY'].flatMap((action) => [
      {
        name: 'other-pods',
        namespace: 'app',
        spec: { action, selector: { matchLabels: { app: 'other' } }, rules: [{}] },
      },
      { name: 'other-namespace', namespace: 'web', spec: { action, rules: [{}] } },
    ]);
    changesNothing((mesh) => ({
      ...mesh,
      policies: [
        ...mesh.policies,
        ...elsewhere.map(({ name, namespace, spec }) => ({
          apiVersion: 'security.istio.io/v1',
          kind: 'AuthorizationPolicy',
          metadata: { name: `${name}-${spec.action.toLowerCase()}`, namespace },
          spec,
        })),
      ],
    }));
  });

  it('policies that only record, or are tried out', () => {
    changesNothing((mesh) => ({
      ...mesh,
      policies: [
        ...mesh.policies,
        {
          apiVersion: 'security.istio.io/v1',
          kind: 'AuthorizationPolicy',
          metadata: { name: 'audit', namespace: 'app' },
          spec: { action: 'AUDIT', rules: [{}] },
        },
        {
          apiVersion: 'security.istio.io/v1',
          kind: 'AuthorizationPolicy',
          metadata: { name: 'trial', namespace: 'app', annotations: { 'istio.io/dry-run': 'true' } },
          spec: { action: 'DENY', rules: [{}] },
        },
      ],
    }));
  });

  it('a rule written twice', () => {
    changesNothing((mesh) => ({
      ...mesh,
      policies: mesh.policies.map((policy) => {
        const { spec } = policy as { readonly spec: { readonly rules?: readonly unknown[] } };
        return spec.rules ? { ...policy, spec: { ...spec, rules: [...spec.rules, ...spec.rules] } } : policy;
      }),
    }));
  });
});

describe('verdicts follow', () => {
  it('one more DENY: nothing opens', () => {
    fc.assert(
      fc.property(randomMesh, requests, (mesh, asked) => {
        const more: RandomMesh = {
          ...mesh,
          policies: [
            ...mesh.policies,
            {
              apiVersion: 'security.istio.io/v1',
              kind: 'AuthorizationPolicy',
              metadata: { name: 'more', namespace: 'app' },
              spec: { action: 'DENY', rules: [{ from: [{ source: { namespaces: ['web'] } }] }] },
            },
          ],
        };
        const before = outcomes(mesh, asked);
        outcomes(more, asked).forEach((outcome, i) => {
          if (outcome === 'allow') expect(before[i]).toBe('allow');
        });
      }),
      RUNS,
    );
  });
});
