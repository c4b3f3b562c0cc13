import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { attackResult } from '../../src/engine/paths/attack-result.ts';
import { DEFAULT_ENTRIES, readEntries } from '../../src/engine/paths/read-entries.ts';
import { readInput } from '../../src/engine/read-input.ts';
import { makeFacts } from '../../src/graph/make-facts.ts';
import type { AttackPath } from '../../src/result/types.ts';
import { Enforcement } from '../../src/semantics/enforcement.ts';
import { refusedHops } from '../confirm-path.ts';
import { NO_SHARED } from './corpus.ts';
import { makeWorkshop } from './generated-meshes.ts';

const shared = fileURLToPath(new URL('../../../shared/', import.meta.url));
const { folder, io, generate, remove } = makeWorkshop('paths');
afterAll(remove);

interface Place {
  readonly namespace: string;
  readonly workload: string;
}
interface TruthHop {
  readonly to: Place;
  readonly pivot?: string;
  readonly planted?: { readonly kind: string; readonly namespace: string; readonly name: string };
}
interface TruthPath {
  readonly id: string;
  readonly entry: string;
  readonly severityAtLeast: string;
  readonly hops: readonly TruthHop[];
}
interface Truth {
  readonly paths: readonly TruthPath[];
  readonly pivotPaths: readonly TruthPath[];
  readonly inherent: readonly Place[];
}

const idOf = ({ namespace, workload }: Place): string => `${namespace}/${workload}`;

async function pathsOf(input: string, cwd: string) {
  const { mesh, stated } = await readInput([{ path: input }], {}, { ...io, cwd });
  const enforcement = new Enforcement(mesh);
  const facts = makeFacts(enforcement, stated);
  const entries = readEntries(mesh, stated.entries ?? DEFAULT_ENTRIES);
  const budget = { excess: 100_000, inherent: 100_000 };
  return { enforcement, ...attackResult(facts, { entries, budget, variants: 8 }) };
}

/** The hops of a path as the truth writes them: where each leads, and the planted object of the excess one. */
function asTruth({ from, hops }: AttackPath): string {
  const steps = hops.map(({ to, excess, cause }) => {
    const object = excess && cause ? ` by ${cause.kind} ${cause.namespace}/${cause.name}` : '';
    return `${to.workload ?? to.name}${object}`;
  });
  return [from.kind, ...steps].join(' > ');
}

function truthOf({ entry, hops }: TruthPath): string {
  const steps = hops.map(({ to, planted }) => {
    const object = planted ? ` by ${planted.kind} ${planted.namespace}/${planted.name}` : '';
    return `${idOf(to)}${object}`;
  });
  return [entry, ...steps].join(' > ');
}

describe.skipIf(NO_SHARED)(`attack paths of generated meshes${NO_SHARED ? ` (skipped: ${NO_SHARED})` : ''}`, () => {
  it.each([3, 7])(
    'seed %i: every planted path with its hops in order and its cause; every hop is confirmed',
    async (seed) => {
      const name = generate(seed, 400);
      const truth = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Truth;
      const { enforcement, paths } = await pathsOf(name, folder);
      const found = new Map(paths.map((path) => [asTruth(path), path]));
      const planted = [...truth.paths, ...truth.pivotPaths];
      expect(planted.length).toBeGreaterThanOrEqual(3);
      expect(planted.filter((path) => !found.has(truthOf(path))).map(truthOf)).toEqual([]);
      const severities = planted.map((path) => found.get(truthOf(path))?.severity);
      expect(severities.filter((each) => each !== 'HIGH' && each !== 'CRITICAL')).toEqual([]);
      const inherent = new Set(paths.filter(({ kind }) => kind === 'inherent').map(({ to }) => to.workload));
      expect(truth.inherent.length).toBeGreaterThan(0);
      expect(paths.filter(({ kind, severity }) => kind === 'inherent' && severity !== 'INFORMATIONAL')).toEqual([]);
      expect(inherent.size).toBeGreaterThan(0);
      expect(paths.flatMap((path) => refusedHops(enforcement, path))).toEqual([]);
    },
  );

  it.each(['kubeflow', 'online-boutique', 'anthos-samples'])('%s: every hop is confirmed', async (mesh) => {
    const { enforcement, paths, attack } = await pathsOf(`corpus/${mesh}`, shared);
    expect(attack.incomplete).toBeUndefined();
    expect(paths.flatMap((path) => refusedHops(enforcement, path))).toEqual([]);
    if (mesh !== 'anthos-samples') expect(paths.length).toBeGreaterThan(0);
  });
});
