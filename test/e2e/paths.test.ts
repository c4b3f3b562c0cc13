import { beforeAll, describe, expect, it } from 'vitest';
import { bootstrap } from '../../scripts/bootstrap.mjs';
import { pathsAnswer } from '../../src/result/paths.ts';
import { meshproof, root } from './meshproof.ts';

const PAYMENTS = 'examples/payments';

beforeAll(() => bootstrap(root));

describe('meshproof paths', () => {
  it('prints one block per path, without colour and no wider than a page', () => {
    const { code, out } = meshproof(['paths', PAYMENTS, '--max', '2']);
    expect(code).toBe(0);
    expect(out).toContain('1 HIGH  internet → ingress/ingressgateway → payments/payments-api');
    expect(out).toContain('to change: RequestAuthentication payments/shop-users   examples/payments/policies.yaml:33');
    expect(out).toContain('further paths not listed (--max)');
    expect(out).not.toContain('\u001b');
    expect(out.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });

  it('as JSON holds the published schema, from and to whom it was asked', () => {
    const { code, out } = meshproof([
      'paths',
      PAYMENTS,
      '--format',
      'json',
      '--from',
      'shop/web',
      '--to',
      'payments/payments-api',
    ]);
    expect(code).toBe(0);
    const { paths, attack, from, to } = pathsAnswer.parse(JSON.parse(out));
    expect([from, to, attack.entries]).toEqual(['shop/web', 'payments/payments-api', ['shop/web']]);
    expect(new Set(paths.map((path) => `${path.from.workload} ${path.to.workload}`))).toEqual(
      new Set(['shop/web payments/payments-api']),
    );
  });

  it('names what is meant where a name is not known', () => {
    const wrong = meshproof(['paths', PAYMENTS, '--from', 'pod-outside-msh']);
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('did you mean `pod-outside-mesh`')]);
    const max = meshproof(['paths', PAYMENTS, '--max', 'many']);
    expect([max.code, max.err]).toEqual([2, expect.stringContaining('give a number from 1 on')]);
  });
});
