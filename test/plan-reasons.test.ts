import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readInput } from '../src/engine/read-input.ts';
import { severityOfPath } from '../src/engine/paths/severity-of-path.ts';
import { findAttackPaths } from '../src/graph/attack/find-attack-paths.ts';
import type { AttackPath } from '../src/graph/attack/attack-path.ts';
import type { Foothold } from '../src/graph/attack/foothold.ts';
import type { Facts } from '../src/graph/facts.ts';
import { makeFacts, type Stated } from '../src/graph/make-facts.ts';
import { makePlan } from '../src/remediate/make-plan.ts';
import { Enforcement } from '../src/semantics/enforcement.ts';

const io = { cwd: fileURLToPath(new URL('../', import.meta.url)), stdin: async () => Buffer.alloc(0) };
const ENTRIES: readonly Foothold[] = [{ kind: 'internet' }, { kind: 'pod-outside-mesh' }, { kind: 'node-network' }];

const serious = (facts: Facts): readonly AttackPath[] =>
  findAttackPaths(facts, { entries: ENTRIES }).paths.filter(
    (path) => path.kind === 'excess' && /^(CRITICAL|HIGH)$/.test(severityOfPath(facts, path)),
  );

/** What a person is asked to do, in one of these words. */
const TO_DO =
  /declare|give|take|put|let|set|ask|close|bind|enrol|narrow|split|name|run|have|keep|serve|label|use|would break|would let|would shut out/;

async function planFor(path: string, change: (stated: Stated) => Stated) {
  const { mesh, rebuild, stated: read } = await readInput([{ path }], {}, io);
  const stated = change(read);
  const facts = makeFacts(new Enforcement(mesh), stated);
  const all = findAttackPaths(facts, { entries: ENTRIES }).paths;
  const plan = makePlan(facts, all, { stated, rebuild, entries: ENTRIES });
  return { before: serious(facts), left: serious(makeFacts(plan.result, stated)), plan };
}

const INPUTS = ['examples/payments', 'examples/payments-hardened', 'test/fixtures/real-mesh/manifests.yaml'];
const ASKED: readonly (readonly [string, (stated: Stated) => Stated])[] = [
  ['as it is', (stated) => stated],
  ['where nobody stated any caller', ({ wanted: _, ...stated }) => stated],
];

describe.each(INPUTS)('every serious path of %s is closed, or says what to do', (path) => {
  it.each(ASKED)('%s', async (_, change) => {
    const { before, left, plan } = await planFor(path, change);
    const reasons = new Map(plan.unclosed.map(({ path: { id }, why }) => [id, why]));
    const closed = new Set(plan.steps.flatMap(({ proof }) => proof.closes.map(({ id }) => id)));
    expect(before.filter(({ id }) => !closed.has(id) && !reasons.has(id))).toEqual([]);
    expect(left.filter(({ id }) => !reasons.has(id))).toEqual([]);
    for (const why of reasons.values()) expect(why).toMatch(TO_DO);
  });
});

it('some paths stay where nobody stated any caller', async () => {
  const { plan } = await planFor('examples/payments', ASKED[1]?.[1] ?? ((stated) => stated));
  expect(plan.unclosed.length).toBeGreaterThan(0);
});
