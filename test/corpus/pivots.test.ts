import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readInput } from '../../src/engine/read-input.ts';
import type { Foothold } from '../../src/graph/attack/foothold.ts';
import { PIVOTS } from '../../src/graph/attack/pivots/index.ts';
import { makeFacts } from '../../src/graph/make-facts.ts';
import { Enforcement } from '../../src/semantics/enforcement.ts';
import { NO_SHARED } from './corpus.ts';
import { makeWorkshop } from './generated-meshes.ts';

const { folder, io, generate, remove } = makeWorkshop('pivots');
afterAll(remove);

interface Place {
  readonly namespace: string;
  readonly workload: string;
}

interface Truth {
  readonly flaws: readonly { readonly kind: string; readonly holder?: Place }[];
  readonly pivotPaths: readonly {
    readonly flaw: number;
    readonly hops: readonly {
      readonly to: Place;
      readonly pivot?: string;
      readonly planted?: { readonly kind: string; readonly namespace: string; readonly name: string };
    }[];
  }[];
}

const idOf = ({ namespace, workload }: Place): string => `${namespace}/${workload}`;

function nameOf(foothold: Foothold): string {
  if (foothold.kind === 'workload') return foothold.workload.id;
  return foothold.kind === 'identity' ? String(foothold.holder?.id) : foothold.kind;
}

const OF_KIND: Readonly<Record<string, string>> = {
  'rbac-create-pods': 'rbac/create-workloads',
  'rbac-create-tokens': 'rbac/create-tokens',
};

describe.skipIf(NO_SHARED)(`pivots of generated meshes${NO_SHARED ? ` (skipped: ${NO_SHARED})` : ''}`, () => {
  it.each([1, 2, 3, 7, 11])('seed %i: every planted right is an edge from its holder', async (seed) => {
    const name = generate(seed, 600);
    const { flaws, pivotPaths } = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Truth;
    const { mesh } = await readInput([{ path: name }], {}, io);
    const facts = makeFacts(new Enforcement(mesh));
    const found = new Set<string>();
    for (const pivot of PIVOTS)
      for (const { from, to, cause, gives } of pivot.find(facts))
        if (!gives)
          found.add(`${pivot.id}: ${nameOf(from)} -> ${nameOf(to)} by ${cause.kind} ${cause.namespace}/${cause.name}`);
    const planted = pivotPaths.flatMap(({ flaw, hops }) => {
      const { kind = '', holder } = flaws[flaw] ?? {};
      return hops
        .filter(({ pivot }) => pivot)
        .map(({ to, planted: by }) => {
          const object = by && `${by.kind} ${by.namespace}/${by.name}`;
          return `${OF_KIND[kind]}: ${holder && idOf(holder)} -> ${idOf(to)} by ${object}`;
        });
    });
    expect(planted.length).toBeGreaterThanOrEqual(2);
    expect(planted.filter((each) => !found.has(each))).toEqual([]);
    // Nobody else holds a right in these meshes.
    const causesOf = (edges: Iterable<string>): readonly string[] => [
      ...new Set([...edges].filter((each) => each.startsWith('rbac/')).map((each) => each.slice(each.indexOf(' by ')))),
    ];
    expect(causesOf(found).toSorted()).toEqual(causesOf(planted).toSorted());
  });
});
