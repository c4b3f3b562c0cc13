import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readInput } from '../../src/engine/read-input.ts';
import type { Request } from '../../src/result/request.ts';
import { decideRequest } from '../../src/semantics/decide-request.ts';
import { Enforcement } from '../../src/semantics/enforcement.ts';
import { describeRequest } from './requests.ts';
import { type Credentials, sendRequest } from './send-request.ts';
import type { RunningMesh } from './start-mesh.ts';

const io = (bundle: string) => ({ cwd: dirname(bundle), stdin: async () => Buffer.alloc(0) });

/** Verdicts by request. */
export type Verdicts = Readonly<Record<string, string>>;

/** What the engine makes of a bundle that was collected. */
export async function decideAll(bundle: string, requests: readonly Request[]): Promise<Verdicts> {
  const { mesh } = await readInput([{ path: bundle }], {}, io(bundle));
  const enforcement = new Enforcement(mesh);
  return Object.fromEntries(
    requests.map((request) => {
      const verdict = decideRequest(enforcement, request);
      return [describeRequest(request), 'error' in verdict ? verdict.error : verdict.outcome];
    }),
  );
}

const SECONDS = 10;

/**
 * What the mesh answers. Where that is not what is expected it is asked again for some seconds, since connections that exist keep the policies
 * that they began with; the last answers count, and agreement only if it holds.
 */
export async function askAll(
  mesh: RunningMesh,
  requests: readonly Request[],
  {
    credentials,
    expected,
    seconds = SECONDS,
  }: { readonly credentials: Credentials; readonly expected: Verdicts; readonly seconds?: number },
): Promise<Verdicts> {
  const last = Date.now() + seconds * 1000;
  let agreed = 0;
  for (;;) {
    const answers = await Promise.all(
      requests.map(
        async (request) => [describeRequest(request), await sendRequest(mesh, request, credentials)] as const,
      ),
    );
    agreed = answers.every(([name, verdict]) => expected[name] === verdict) ? agreed + 1 : 0;
    if (agreed === 2 || Date.now() > last) return Object.fromEntries(answers);
    await sleep(200);
  }
}
