import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareMeshes } from '../../src/graph/compare/compare.ts';
import type { Opened } from '../../src/graph/compare/opened.ts';
import { decideWay } from '../../src/graph/decide-way.ts';
import { makeFacts } from '../../src/graph/make-facts.ts';
import { decide } from '../../src/semantics/decide.ts';
import type { Enforcement } from '../../src/semantics/enforcement.ts';
import type { Query } from '../../src/semantics/query.ts';
import { resolveRequest } from '../../src/semantics/resolve-request.ts';
import { queryOf } from './compare.ts';
import { editedGateway, editedMesh } from './random-edit.ts';
import { loadGateway, outsideQuery, outsideRequest } from './random-gateway.ts';
import { loadRandom } from './random-mesh.ts';
import { randomRequest } from './random-request.ts';

/** Requests for each pair of states; the nightly script asks for a million. */
const EACH = 200;
const PAIRS = Math.max(40, Number(process.env.MESHPROOF_PAIRS ?? 5_000) / EACH);
/** Each of them is decided hop by hop. */
const WAYS = Math.ceil(PAIRS / 4);
const SEED = Number(process.env.MESHPROOF_SEED ?? 20_261_126);

/** The witness of an opening, decided in one of the states. */
function decideWitness(enforcement: Enforcement, { workload, port, who, witness }: Opened): string {
  const queries = resolveRequest(enforcement.mesh, witness);
  const [query] = 'error' in queries ? [] : queries;
  const own = enforcement.mesh.workloadById.get(workload.id);
  if (!query || !own) throw new Error(`${JSON.stringify(witness)} is no request`);
  const sent: Query = { ...query, client: 'attacker' };
  return 'gateway' in who && who.gateway
    ? decideWay(enforcement, sent, own, port).outcome
    : decide(enforcement, own.dataPlane.kind === 'gateway' ? { ...sent, at: 'gateway' } : sent).outcome;
}

const RANK: Readonly<Record<string, number>> = { deny: 0, unknown: 1, allow: 2 };

/** Nothing is told that was not decided in both states, and decided otherwise. */
function expectConfirmed(list: readonly Opened[], before: Enforcement, after: Enforcement, edit: unknown): void {
  for (const opened of list) {
    const [was, now] = [decideWitness(before, opened), decideWitness(after, opened)];
    expect(RANK[now] ?? 0, JSON.stringify([opened.who.kind, opened.witness, was, now, edit])).toBeGreaterThan(
      RANK[was] ?? 0,
    );
  }
}

describe('the difference of two states of a mesh', () => {
  it('is empty only if no request to a workload changes its verdict, and has witnesses that decide confirms', () => {
    let empty = 0;
    let turned = 0;
    fc.assert(
      fc.property(
        editedMesh,
        fc.array(randomRequest, { minLength: EACH, maxLength: EACH }),
        ([base, head], requests) => {
          const [before, after] = [loadRandom(base), loadRandom(head)];
          const { opened, closed } = compareMeshes(makeFacts(before.enforcement), makeFacts(after.enforcement));
          const told = [base.policies, head.policies];
          expectConfirmed(opened, before.enforcement, after.enforcement, told);
          expectConfirmed(closed, after.enforcement, before.enforcement, told);
          if (opened.length === 0 && closed.length === 0) empty++;
          else turned++;
          for (const request of requests) {
            const [was, now] = [before, after].map(
              ({ enforcement, workload }) => decide(enforcement, queryOf(workload, request)).outcome,
            );
            const isOn = ({ port }: Opened): boolean => port === request.port;
            const why = JSON.stringify([request, was, now, told]);
            if (!opened.some(isOn)) expect(was === 'deny' && now === 'allow', why).toBe(false);
            if (!closed.some(isOn)) expect(was === 'allow' && now === 'deny', why).toBe(false);
          }
        },
      ),
      { numRuns: PAIRS, seed: SEED },
    );
    expect(Math.min(empty, turned)).toBeGreaterThan(PAIRS / 10);
  });

  it('is empty only if no request through a gateway changes its verdict, and has witnesses that decide confirms', () => {
    let empty = 0;
    let turned = 0;
    fc.assert(
      fc.property(
        editedGateway,
        fc.array(outsideRequest, { minLength: EACH, maxLength: EACH }),
        ([base, head], requests) => {
          const [before, after] = [loadGateway(base), loadGateway(head)];
          const { opened, closed } = compareMeshes(makeFacts(before.enforcement), makeFacts(after.enforcement));
          const told = [base.objects, head.objects];
          expectConfirmed(opened, before.enforcement, after.enforcement, told);
          expectConfirmed(closed, after.enforcement, before.enforcement, told);
          if (opened.length === 0 && closed.length === 0) empty++;
          else turned++;
          for (const [i, workload] of after.workloads.entries()) {
            const earlier = before.workloads[i];
            if (!earlier) throw new Error('a workload is missing');
            const through = ({ who, ...each }: Opened): boolean =>
              each.workload.id === workload.id && 'gateway' in who && who.gateway !== undefined;
            for (const request of requests) {
              const was = decideWay(before.enforcement, outsideQuery(before.gateway, request), earlier, 8080).outcome;
              const now = decideWay(after.enforcement, outsideQuery(after.gateway, request), workload, 8080).outcome;
              const why = JSON.stringify([request, workload.id, was, now, told]);
              if (!opened.some(through)) expect(was === 'deny' && now === 'allow', why).toBe(false);
              if (!closed.some(through)) expect(was === 'allow' && now === 'deny', why).toBe(false);
            }
          }
        },
      ),
      { numRuns: WAYS, seed: SEED },
    );
    expect(Math.min(empty, turned)).toBeGreaterThan(WAYS / 20);
  });
});
