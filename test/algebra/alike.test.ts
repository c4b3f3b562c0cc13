import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { destinationClasses } from '../../src/graph/reach/classes.ts';
import { portReach, distinctWays, sourceSets } from '../../src/graph/reach/port-reach.ts';
import { RenamedSources, sourcesOf, witnessAs } from '../../src/graph/reach/sources.ts';
import type { Mesh } from '../../src/model/inventory/types.ts';
import { Enforcement } from '../../src/semantics/enforcement.ts';
import { meshOf } from '../mesh-of.ts';
import { type Manifest, meshText, namespace, policy, selecting, workload } from '../small-mesh.ts';

const WORKLOADS = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
const NAMES = ['amb/f', 'app/a', 'old/absent', 'pay/b', 'pay/c', 'web/a', 'web/b'].map(
  (name) => `cluster.local/ns/${name.replace('/', '/sa/')}`,
);
/** How many names a template has room for. */
const SLOTS = 3;

const slots = fc.uniqueArray(fc.nat(SLOTS - 1), { minLength: 1, maxLength: SLOTS });
const source = fc.oneof(
  { weight: 6, arbitrary: fc.record({ principals: slots }) },
  { weight: 2, arbitrary: fc.record({ notPrincipals: slots }) },
  { weight: 1, arbitrary: fc.constant({ principals: ['*'] }) },
  { weight: 1, arbitrary: fc.constant({ namespaces: ['web'] }) },
);
const to = fc.constantFrom<readonly Manifest[] | undefined>(
  undefined,
  [{ operation: { methods: ['GET'], paths: ['/v1/*'] } }],
  [{ operation: { ports: ['8080'] } }],
  [{ operation: { hosts: ['shop.example'] } }],
);
const when = fc.constantFrom<readonly Manifest[] | undefined>(undefined, undefined, [
  { key: 'request.headers[x-team]', values: ['a'] },
]);
const rule = fc
  .record({ from: fc.array(fc.record({ source }), { minLength: 1, maxLength: 2 }), to, when })
  .map(({ from, ...rest }) => ({ from, ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value)) }));
const template = fc.array(
  fc.record({
    action: fc.constantFrom('ALLOW', 'ALLOW', 'DENY'),
    rules: fc.array(rule, { minLength: 1, maxLength: 2 }),
  }),
  { minLength: 1, maxLength: 2 },
);
/** Some workloads have the same policies but for the names. */
const specsOf = fc
  .record({
    templates: fc.tuple(template, template),
    choices: fc.array(
      fc.record({
        which: fc.nat(1),
        names: fc.uniqueArray(fc.nat(NAMES.length - 1), { minLength: SLOTS, maxLength: SLOTS }),
        isSorted: fc.constantFrom(true, true, false),
      }),
      { minLength: WORKLOADS.length, maxLength: WORKLOADS.length },
    ),
  })
  .map(({ templates, choices }) =>
    choices.map(({ which, names, isSorted }) =>
      withNames(templates[which] ?? [], isSorted ? names.toSorted((a, b) => a - b) : names),
    ),
  );

function withNames(policies: readonly Manifest[], names: readonly number[]): readonly Manifest[] {
  const text = JSON.stringify(policies, (key, value: unknown) =>
    /principals$/i.test(key) && Array.isArray(value)
      ? value.map((slot: unknown) => (typeof slot === 'number' ? NAMES[names[slot] ?? 0] : slot))
      : value,
  );
  return JSON.parse(text) as readonly Manifest[];
}

/** Sidecars and pods behind ztunnel, each with policies of its own. */
function meshWith(specs: readonly (readonly Manifest[])[]): Mesh {
  const manifests = WORKLOADS.flatMap((name, i): readonly Manifest[] => [
    ...workload(i < 5 ? 'web' : 'amb', name, { ports: { http: 8080, tcp: 9000 } }),
    ...(specs[i] ?? []).map((spec, k) =>
      policy('AuthorizationPolicy', i < 5 ? 'web' : 'amb', `${name}-${k}`, { ...selecting(name), ...spec }),
    ),
  ]);
  const spaces = [namespace('web'), namespace('amb', { 'istio.io/dataplane-mode': 'ambient' })];
  return meshOf(meshText([...spaces, ...manifests])).mesh;
}

const textOf = (value: unknown): string => JSON.stringify(value, null, 1);

describe('ports whose policies differ in names alone', () => {
  it('are answered as if each of them were alone', () => {
    let renamed = 0;
    fc.assert(
      fc.property(specsOf, (specs) => {
        const mesh = meshWith(specs);
        const enforcement = new Enforcement(mesh);
        for (const own of mesh.workloads) {
          for (const port of own.ports) {
            // Nothing is known of a mesh that nobody asked about.
            const alone = new Enforcement({ ...mesh });
            expect(textOf(portReach(enforcement, own, port))).toBe(textOf(portReach(alone, own, port)));
            const ways = distinctWays(alone, own, port);
            for (const [i, region] of distinctWays(enforcement, own, port).entries()) {
              const sources = sourcesOf(enforcement, region);
              if (sources instanceof RenamedSources) renamed++;
              const other = ways[i];
              if (!other) throw new Error('a way is missing');
              expect(sources.refused).toEqual(sourcesOf(alone, other).refused);
              for (const identity of mesh.identities.keys())
                expect(witnessAs(enforcement, region, identity) !== undefined).toBe(
                  witnessAs(alone, other, identity) !== undefined,
                );
            }
          }
        }
      }),
      { numRuns: 30, seed: 20_261_126 },
    );
    expect(renamed).toBeGreaterThan(150);
  });

  it('hold witnesses that decide confirms, whoever of a class is asked', () => {
    fc.assert(
      fc.property(specsOf, (specs) => {
        const enforcement = new Enforcement(meshWith(specs));
        for (const { ports, sources } of destinationClasses(enforcement)) {
          for (const { workload: own, port } of ports) {
            const sets = distinctWays(enforcement, own, port).flatMap((region) => sourceSets(enforcement, region));
            expect(sources.map(({ who }) => who)).toEqual(sets.map(({ who }) => who));
            expect(portReach(enforcement, own, port)).toHaveLength(sets.length);
          }
        }
      }),
      { numRuns: 30, seed: 20_261_127 },
    );
  });
});
