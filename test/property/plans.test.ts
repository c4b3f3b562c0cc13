import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inlineObject } from '../../src/collect/collect.ts';
import { loadMesh } from '../../src/engine/load-mesh.ts';
import { readEntries } from '../../src/engine/paths/read-entries.ts';
import { findAttackPaths } from '../../src/graph/attack/find-attack-paths.ts';
import { compareMeshes } from '../../src/graph/compare/compare.ts';
import type { Opened } from '../../src/graph/compare/opened.ts';
import { makeFacts, type Stated } from '../../src/graph/make-facts.ts';
import { applyChanges } from '../../src/remediate/apply-changes.ts';
import { makePlan } from '../../src/remediate/make-plan.ts';
import { decide } from '../../src/semantics/decide.ts';
import { Enforcement } from '../../src/semantics/enforcement.ts';
import { resolveRequest } from '../../src/semantics/resolve-request.ts';
import { type Manifest, namespace, policy, selecting, workload } from '../small-mesh.ts';

/** More runs at night. */
const RUNS = { numRuns: Number(process.env.MESHPROOF_PLAN_RUNS ?? 25), seed: 20_261_126 };

const PLACES = [
  ['shop', 'vault'],
  ['shop', 'api'],
  ['web', 'front'],
  ['ops', 'job'],
] as const;
const PRINCIPALS = PLACES.map(([home, name]) => `cluster.local/ns/${home}/sa/${name}`);

const some = <T>(values: readonly T[]): fc.Arbitrary<T[]> =>
  fc.array(fc.constantFrom(...values), { minLength: 1, maxLength: 2 });

const source: fc.Arbitrary<Manifest> = fc.oneof(
  some(PRINCIPALS).map((principals) => ({ principals })),
  some(['shop', 'web', 'ops']).map((namespaces) => ({ namespaces })),
  fc.constant({ principals: ['*'] }),
);
const rule: fc.Arbitrary<Manifest> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({}) },
  { weight: 4, arbitrary: source.map((each) => ({ from: [{ source: each }] })) },
  {
    weight: 2,
    arbitrary: fc.tuple(source, some(['GET', 'POST']), some(['/a', '/b/*'])).map(([each, methods, paths]) => ({
      from: [{ source: each }],
      to: [{ operation: { methods, paths } }],
    })),
  },
);
const authorization = fc.record({
  at: fc.constantFrom(...PLACES),
  wide: fc.boolean(),
  action: fc.constantFrom('ALLOW', 'ALLOW', 'ALLOW', 'ALLOW', 'DENY'),
  rules: fc.array(rule, { maxLength: 2 }),
});
const network = fc.record({ home: fc.constantFrom('shop', 'web'), peer: fc.constantFrom('shop', 'web', 'ops') });

interface SmallMesh {
  readonly manifests: readonly Manifest[];
  readonly stated: Stated;
}

const smallMesh: fc.Arbitrary<SmallMesh> = fc
  .record({
    planes: fc.array(fc.constantFrom('sidecar', 'sidecar', 'ambient', 'none'), { minLength: 3, maxLength: 3 }),
    modes: fc.array(fc.constantFrom('STRICT', 'PERMISSIVE', undefined), { minLength: 2, maxLength: 2 }),
    policies: fc.array(authorization, { maxLength: 4 }),
    networks: fc.array(network, { maxLength: 1 }),
    shared: fc.boolean(),
    wanted: fc.subarray(['shop/api', 'web/front'], { minLength: 1 }),
  })
  .map(({ planes, modes, policies, networks, shared, wanted }) => ({
    manifests: [
      ...['shop', 'web', 'ops'].map((name, i) => namespace(name, LABELS[planes[i] ?? 'none'])),
      ...PLACES.flatMap(([home, name]) =>
        workload(home, name, {
          ports: { http: 8080 },
          ...(shared && home === 'shop' ? { serviceAccount: 'shared' } : {}),
        }),
      ),
      ...modes.flatMap((mode, i) =>
        mode === undefined
          ? []
          : [policy('PeerAuthentication', i === 0 ? 'istio-system' : 'shop', 'default', { mtls: { mode } })],
      ),
      ...policies.map(({ at: [home, name], wide, action, rules }, i) =>
        policy('AuthorizationPolicy', home, `p${i}`, { ...(wide ? {} : selecting(name)), action, rules }),
      ),
      ...networks.map(({ home, peer }, i) => ({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: `n${i}`, namespace: home },
        spec: {
          podSelector: {},
          ingress: [{ from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': peer } } }] }],
        },
      })),
    ],
    stated: {
      assets: [{ select: { workload: 'shop/vault' }, sensitivity: 'critical', why: 'cards' }],
      wanted: wanted.map((from) => ({ from, to: 'shop/vault:8080' })),
    },
  }));

const LABELS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  sidecar: { 'istio-injection': 'enabled' },
  ambient: { 'istio.io/dataplane-mode': 'ambient' },
  none: {},
};

function load({ manifests, stated }: SmallMesh) {
  const loaded = loadMesh(
    manifests.map((value) => inlineObject(value, 'mesh.yaml', 1)),
    { complete: ['all'] },
  );
  const facts = makeFacts(new Enforcement(loaded.mesh), stated);
  const entries = readEntries(loaded.mesh, ['pod-outside-mesh', 'ops/job']);
  const { paths } = findAttackPaths(facts, { entries });
  return { facts, paths, entries, rebuild: loaded.rebuild };
}

function plan(mesh: SmallMesh) {
  const { facts, paths, entries, rebuild } = load(mesh);
  return { facts, rebuild, ...makePlan(facts, paths, { stated: mesh.stated, rebuild, entries }) };
}

/** A proxy that now takes a certificate, where the same passed in plaintext, opens nothing. */
function passedInPlaintext(before: Enforcement, { witness }: Opened): boolean {
  const queries = resolveRequest(before.mesh, witness);
  return (
    !('error' in queries) &&
    queries.some(
      (query) =>
        decide(before, {
          ...query,
          client: 'attacker',
          source: { ...query.source, identity: null, connects: 'plaintext' },
        }).outcome === 'allow',
    )
  );
}

describe('a plan', () => {
  it('opens nothing, in no state between its steps and their objects', () => {
    let steps = 0;
    fc.assert(
      fc.property(smallMesh, (mesh) => {
        const made = plan(mesh);
        const done: Parameters<typeof applyChanges>[1][number][] = [];
        let before = made.facts;
        for (const { candidate } of made.steps) {
          steps++;
          for (const change of candidate.changes) {
            done.push(change);
            const applied = applyChanges(made.facts.enforcement, done, made.rebuild);
            if ('refused' in applied) throw new Error(applied.refused);
            const after = makeFacts(applied.enforcement, mesh.stated);
            const opened = compareMeshes(before, after).opened.filter(
              (each) => !passedInPlaintext(before.enforcement, each),
            );
            expect(
              opened.map(({ workload: to, witness }) => [candidate.id, to.id, witness]),
              'opened by a step',
            ).toEqual([]);
            before = after;
          }
        }
      }),
      RUNS,
    );
    expect(steps).toBeGreaterThan(RUNS.numRuns / 6);
  });

  it('and the paths that it is made for do not depend on the order of documents', () => {
    fc.assert(
      fc.property(smallMesh, fc.nat(), (mesh, turn) => {
        const at = turn % mesh.manifests.length;
        const other = { ...mesh, manifests: [...mesh.manifests.slice(at), ...mesh.manifests.slice(0, at)].reverse() };
        const [a, b] = [load(mesh), load(other)].map(({ paths }) => paths.map(({ id }) => id));
        expect(b).toEqual(a);
        const [one, two] = [plan(mesh), plan(other)].map(({ steps, unclosed }) => ({
          steps: steps.map(({ candidate }) => candidate.id),
          unclosed: unclosed.map(({ path }) => path.id),
        }));
        expect(two).toEqual(one);
      }),
      RUNS,
    );
  });
});
