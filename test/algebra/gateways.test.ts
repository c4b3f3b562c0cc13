import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideWay } from '../../src/graph/decide-way.ts';
import { requestOf } from '../../src/graph/request-of.ts';
import { findOnWay, waysIn } from '../../src/graph/ways-in.ts';
import { holds } from '../../src/semantics/algebra/solver.ts';
import { outsideModel, takesHandshake } from './outside-model.ts';
import { loadGateway, outsideQuery, outsideRequest, randomGateway } from './random-gateway.ts';

/** Pairs of mesh and request; the nightly script asks for a million. */
const EACH = 25;
const MESHES = Number(process.env.MESHPROOF_PAIRS ?? 5_000) / EACH;
const SEED = Number(process.env.MESHPROOF_SEED ?? 20_261_125);
const requests = fc.array(outsideRequest, { minLength: EACH, maxLength: EACH });

describe('sets of requests from the internet through gateways', () => {
  it('hold exactly the requests that decide lets through, and are empty only if none is', () => {
    let through = 0;
    let inexact = 0;
    fc.assert(
      fc.property(randomGateway, requests, (random, sent) => {
        const { enforcement, gateway, workloads } = loadGateway(random);
        for (const workload of workloads) {
          const ways = waysIn(enforcement, workload, 8080).filter((way) => way.gateway === gateway);
          const isEmpty = ways.every((way) => way.solver.isEmpty(way.mayPass));
          for (const request of sent) {
            const query = outsideQuery(gateway, request);
            const { outcome, reason } = decideWay(enforcement, query, workload, 8080);
            const taking = ways.flatMap((way) => {
              const model = takesHandshake(way, query) ? outsideModel(enforcement, way, query) : undefined;
              return model ? [{ way, model }] : [];
            });
            const surely = taking.some(({ way, model }) => holds(way.passes, model));
            const possibly = surely || taking.some(({ way, model }) => holds(way.mayPass, model));
            const told = JSON.stringify([requestOf(query), workload.id, reason]);
            if (outcome === 'allow') through++;
            if (surely !== possibly) inexact++;
            else expect(surely ? 'allow' : 'deny', told).toBe(outcome);
            if (isEmpty) expect(outcome, told).toBe('deny');
          }
        }
      }),
      { numRuns: MESHES, seed: SEED },
    );
    expect(through).toBeGreaterThan(MESHES / 10);
    // What rewrites by expression and unknown addresses leave open.
    expect(inexact).toBeLessThan(MESHES);
  });

  it('give witnesses that decide confirms', () => {
    let found = 0;
    fc.assert(
      fc.property(randomGateway, (random) => {
        const { enforcement, workloads } = loadGateway(random);
        for (const workload of workloads) {
          for (const way of waysIn(enforcement, workload, 8080)) {
            const answer = findOnWay(enforcement, way);
            if (answer.kind === 'found') found++;
            if (answer.kind === 'open') expect(way.doubts, answer.why).not.toEqual([]);
          }
        }
      }),
      { numRuns: MESHES, seed: SEED },
    );
    expect(found).toBeGreaterThan(MESHES / 2);
  });
});
