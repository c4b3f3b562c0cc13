import { afterAll, describe, expect, it } from 'vitest';
import { readPolicyTest } from '../../src/engine/policy-test/run.ts';
import { readInput } from '../../src/engine/read-input.ts';
import { waysTo } from '../../src/graph/reach/port-reach.ts';
import { witnessAs } from '../../src/graph/reach/sources.ts';
import type { Request } from '../../src/result/request.ts';
import { holds } from '../../src/semantics/algebra/solver.ts';
import { isIdentified } from '../../src/semantics/attempt.ts';
import { chooseApproaches } from '../../src/semantics/client.ts';
import { decide } from '../../src/semantics/decide.ts';
import { Enforcement } from '../../src/semantics/enforcement.ts';
import { resolveRequest } from '../../src/semantics/resolve-request.ts';
import type { Query } from '../../src/semantics/query.ts';
import { axisValuesOf } from '../algebra/model-of-request.ts';
import { NO_SHARED } from './corpus.ts';
import { makeWorkshop } from './generated-meshes.ts';

const { io, tool, generate, remove } = makeWorkshop('reach');
afterAll(remove);

/** Whether the sets of the destination hold the request, and the sender's class has a witness. */
function isInReach(enforcement: Enforcement, query: Query): boolean {
  const { workload, port: number } = query.destination;
  const port = workload.ports.find((own) => own.port === number);
  if (!port) return false;
  // To the sets, HBONE is one more way of coming with an identity.
  const transports = chooseApproaches(enforcement, query).map(({ connects }) =>
    isIdentified(connects) ? 'mtls' : 'plaintext',
  );
  return waysTo(enforcement, workload, port).some((region) => {
    if (!transports.includes(region.transport)) return false;
    const asked = region.transport === 'mtls' ? query : { ...query, source: { ...query.source, identity: null } };
    const model = axisValuesOf(enforcement, { ...asked, destination: region.destination }, region);
    // The point looks at HTTP or at bytes, as the port is declared.
    if (!model || (region.protocol === 'http' && !query.http)) return false;
    return holds(region.mayPass, model) && witnessAs(enforcement, region, asked.source.identity) !== undefined;
  });
}

describe.skipIf(NO_SHARED)(`reach of generated meshes${NO_SHARED ? ` (skipped: ${NO_SHARED})` : ''}`, () => {
  it.each([
    [5, 200],
    [8, 300],
  ])('seed %i, %i workloads: whatever passes is in reach', async (seed, workloads) => {
    const mesh = generate(seed, workloads);
    const read = readPolicyTest(JSON.parse(tool('truth2suite.mjs', `${mesh}.json`, mesh)));
    if ('problems' in read) throw new Error(read.problems.join('; '));
    const enforcement = new Enforcement((await readInput([{ path: mesh }], {}, io)).mesh);
    const allowed = (read.test.cases ?? []).flatMap(({ name, request }) => {
      const queries = resolveRequest(enforcement.mesh, request as Request);
      if ('error' in queries) return [];
      return queries
        .filter((query) => decide(enforcement, query).outcome === 'allow')
        .map((query) => ({ name, query }));
    });
    expect(allowed.length).toBeGreaterThan(300);
    expect(allowed.filter(({ query }) => !isInReach(enforcement, query)).map(({ name }) => name)).toEqual([]);
  });
});
