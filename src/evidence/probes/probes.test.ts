import { describe, expect, it } from 'vitest';
import type { ProbeResult } from '../../model/observation/probe-result.ts';
import { type ProbeAnswer, readAnswers } from './answer.ts';

const CONTROL = { id: 1, code: 200, name: 'control', expect: 'allow' } as const;

function result(over: Partial<ProbeResult>): ProbeResult {
  return {
    kind: 'probe-result',
    file: 'results.jsonl',
    cluster: '',
    id: 2,
    suite: 's',
    name: 'n',
    expect: 'deny',
    request: {
      from: { workload: 'shop/web' },
      to: { service: 'shop/api', port: 80 },
      http: { method: 'GET', path: '/' },
    },
    pod: 'web-1',
    client: 'curl',
    exit: 0,
    code: 0,
    bytes: 0,
    ...over,
  };
}

const RBAC = { code: 403, said: 'RBAC: access denied', control: 1 } as const;
const TCP = { request: { from: { workload: 'shop/web' }, to: { service: 'shop/db', port: 5432 } } } as const;

function last(...results: readonly Partial<ProbeResult>[]): Omit<ProbeAnswer, 'result'> {
  const answers = readAnswers(results.map(result));
  const { result: _, ...answer } = answers.at(-1) as ProbeAnswer;
  return answer;
}

describe('what a probe says', () => {
  it('a refusal by policy counts where its control passed from the same pod', () => {
    expect(last(CONTROL, RBAC)).toEqual({ answer: 'denied', by: 'policy', why: '403, RBAC: access denied' });
    expect(last(RBAC).why).toContain('no positive control was sent from the same pod');
    expect(last({ ...CONTROL, code: 503 }, RBAC).why).toContain('its positive control `control` did not pass');
    expect(last({ ...CONTROL, pod: 'web-2' }, RBAC).answer).toBe('inconclusive');
    // What should pass and is refused in the mesh's own words needs none.
    expect(last({ ...RBAC, expect: 'allow' }).answer).toBe('denied');
  });

  it.each([
    [{ code: 403 }, 'without the words of the mesh'],
    [{ code: 401 }, 'without the words of the mesh'],
    [{ code: 404 }, 'a missing route'],
    [{ code: 302 }, 'a redirect'],
    [{ code: 503, said: 'no healthy upstream' }, 'no healthy upstream'],
    [{ code: 500 }, 'status 500'],
    [{ exit: 6 }, 'could not be resolved'],
    [{ exit: 7 }, 'connection was refused'],
    [{ exit: 28 }, 'nothing came back in time'],
    [{ exit: 3 }, 'curl ended with 3'],
    [{ client: 'none' }, 'has a client'],
    [{ client: 'failed' }, 'nothing could be run'],
  ] as const)('%o is inconclusive', (seen, why) => {
    const read = last(CONTROL, { ...seen, control: 1 });
    expect([read.answer, read.why]).toEqual(['inconclusive', expect.stringContaining(why)]);
  });

  it('a token is refused in the words of Envoy', () => {
    expect(last(CONTROL, { code: 401, said: 'Jwt is missing', control: 1 })).toMatchObject({
      answer: 'denied',
      by: 'token',
    });
  });

  it('a token for another audience is refused with 403', () => {
    const seen = { code: 403, said: 'Audiences in Jwt are not allowed', control: 1 } as const;
    const why = '403, Audiences in Jwt are not allowed';
    expect(last(CONTROL, seen)).toEqual({ answer: 'denied', by: 'token', why });
  });

  it('a connection that ends is a refusal only where somebody else gets through to that port', () => {
    const closed = { ...TCP, exit: 56, control: 1 };
    expect(last(CONTROL, closed).why).toContain('no probe shows that this port answers anybody');
    const owner = { ...TCP, id: 3, pod: 'owner', expect: 'allow', exit: 28, bytes: 7 } as const;
    expect(last(CONTROL, owner, closed)).toMatchObject({ answer: 'denied', by: 'connection' });
    expect(last(CONTROL, { ...owner, bytes: 0 }, closed).answer).toBe('inconclusive');
  });
});
