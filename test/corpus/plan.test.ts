import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readInput } from '../../src/engine/read-input.ts';
import { findAttackPaths } from '../../src/graph/attack/find-attack-paths.ts';
import type { Foothold } from '../../src/graph/attack/foothold.ts';
import type { AttackPath } from '../../src/graph/attack/attack-path.ts';
import { makeFacts } from '../../src/graph/make-facts.ts';
import { makePlan } from '../../src/remediate/make-plan.ts';
import { decideCall, type WantedCall } from '../../src/remediate/wanted-calls.ts';
import { Enforcement } from '../../src/semantics/enforcement.ts';
import { NO_SHARED } from './corpus.ts';
import { makeWorkshop } from './generated-meshes.ts';

const { folder, io, tool, remove } = makeWorkshop('plan');
afterAll(remove);

/** `MESHPROOF_PLANS` asks for more seeds and sizes: `1-10:200,800,2000` (the nightly run). */
const [seeds = '1-1', sizes = '400'] = (process.env.MESHPROOF_PLANS ?? '').split(':').filter((part) => part !== '');
const [low = 1, high = low] = seeds.split('-').map(Number);
const CASES = sizes
  .split(',')
  .flatMap((size) => Array.from({ length: high - low + 1 }, (_, i) => ({ seed: low + i, size: Number(size) })))
  .flatMap((each) => [true, false].map((declared) => ({ ...each, declared })));

interface Place {
  readonly namespace: string;
  readonly workload: string;
}

interface Planted {
  readonly id: string;
  readonly entry: string;
  readonly target: Place;
  readonly hops: readonly {
    readonly to: Place;
    readonly planted?: { readonly kind: string; readonly namespace?: string; readonly name: string };
  }[];
}

interface Truth {
  readonly paths: readonly Planted[];
  readonly pivotPaths: readonly Planted[];
  readonly calls: readonly {
    readonly src: Place;
    readonly dst: Place;
    readonly port: number;
    readonly methods?: readonly string[];
    readonly pathPrefix?: string;
  }[];
}

const idOf = ({ namespace, workload }: Place): string => `${namespace}/${workload}`;

function nameOf(foothold: Foothold): string {
  if (foothold.kind === 'workload') return foothold.workload.id;
  return foothold.kind === 'identity' ? String(foothold.holder?.id) : foothold.kind;
}

/** The planted hop, by its planted object, on a way from the planted entry to the planted target. */
function isPlanted({ entry, target, hops }: Planted, path: AttackPath): boolean {
  if (nameOf(path.from) !== entry || nameOf(path.to) !== idOf(target)) return false;
  const hole = hops.find(({ planted }) => planted);
  return path.hops.some(
    ({ excess, to, cause }) =>
      excess &&
      hole &&
      nameOf(to) === idOf(hole.to) &&
      cause?.kind === hole.planted?.kind &&
      cause?.name === hole.planted?.name,
  );
}

function callOf(enforcement: Enforcement, { src, dst, port, methods, pathPrefix }: Truth['calls'][number]): WantedCall {
  const to = enforcement.mesh.workloads.find(({ id }) => id === idOf(dst));
  const isTcp = to?.ports.find((own) => own.port === port)?.chain === 'tcp';
  const from = enforcement.mesh.workloads.find(({ id }) => id === idOf(src));
  return {
    from: from?.id ?? ('' as WantedCall['from']),
    to: to?.id ?? ('' as WantedCall['to']),
    port,
    basis: 'declared',
    ...(isTcp ? {} : { method: methods?.[0] ?? 'GET', path: `${pathPrefix ?? '/'}x` }),
  };
}

describe.skipIf(NO_SHARED)(`plans for generated meshes${NO_SHARED ? ` (skipped: ${NO_SHARED})` : ''}`, () => {
  it.each(CASES)(
    'seed $seed, $size workloads, wanted traffic declared: $declared',
    async ({ seed, size, declared }) => {
      const name = `mesh-${seed}-${size}-${declared}`;
      const options = ['--seed', String(seed), '--workloads', String(size), '--samples', '10', '--config'];
      tool(
        'genmesh.mjs',
        ...options,
        ...(declared ? ['--declare-wanted'] : []),
        '--out',
        name,
        '--truth',
        `${name}.json`,
      );
      const truth = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Truth;
      const { mesh, stated, rebuild } = await readInput([{ path: name }], {}, io);
      const entries = [{ kind: 'internet' }, { kind: 'pod-outside-mesh' }] as const;
      const facts = makeFacts(new Enforcement(mesh), stated);
      const { paths } = findAttackPaths(facts, { entries });
      const planted = [...truth.paths, ...truth.pivotPaths];
      expect(planted.length).toBeGreaterThan(0);
      const missed = planted.filter((each) => !paths.some((path) => isPlanted(each, path)));
      expect(missed.map(({ id }) => id)).toEqual([]);

      const plan = makePlan(facts, paths, { stated, rebuild, entries });
      const left = findAttackPaths(makeFacts(plan.result, stated), { entries }).paths.filter(
        ({ kind }) => kind === 'excess',
      );
      expect(planted.filter((each) => left.some((path) => isPlanted(each, path))).map(({ id }) => id)).toEqual([]);
      // What is left is named, with a reason.
      if (declared) expect(left.map(({ id }) => id)).toEqual([]);
      expect(plan.unclosed.every(({ why }) => why !== '')).toBe(true);

      const calls = truth.calls.map((call) => callOf(facts.enforcement, call));
      expect(calls.filter((call) => decideCall(facts.enforcement, call)?.outcome === 'allow')).toHaveLength(
        calls.length,
      );
      expect(calls.filter((call) => decideCall(plan.result, call)?.outcome !== 'allow')).toEqual([]);
      // Each step was proven: nothing of what is wanted fails, nothing opens.
      expect(plan.steps.flatMap(({ proof }) => [...proof.breaks, ...proof.opens])).toEqual([]);
      expect(plan.steps.length).toBeGreaterThan(0);
    },
  );
});
