import { beforeAll, describe, expect, it } from 'vitest';
import { bootstrap } from '../../scripts/bootstrap.mjs';
import { denial } from '../../src/result/denial.ts';
import { explanation } from '../../src/result/explanation.ts';
import { meshproof, root } from './meshproof.ts';

const PAYMENTS = 'examples/payments';
const HARDENED = 'examples/payments-hardened';
const CHARGE = ['--from', 'shop/search', '--to', 'payments/payments-api:8080'];
const LINE =
  '[2026-11-23T10:00:00.000Z] "DELETE /v1/charges HTTP/1.1" 403 - rbac_access_denied_matched_policy[ns[payments]-policy[no-deletes]-rule[0]] - "-" 0 19 0 - "-" "curl" "id" "payments-api.payments" "-" inbound|8080|| - 10.0.0.1:8080 10.0.0.2:4000 outbound_.80_._.payments-api.payments.svc.cluster.local default';

beforeAll(() => bootstrap(root));

describe('meshproof explain', () => {
  it('answers on one screen: verdict, object and place first; exit 0 whatever the answer', () => {
    const { code, out, err } = meshproof(['explain', HARDENED, ...CHARGE]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^DENY {3}AuthorizationPolicy .*policies\.yaml:\d+\n/);
    const order = ['THE WAY', 'ASSUMES', 'NEAREST REQUEST THAT PASSES', 'WHAT WOULD HAVE TO CHANGE'].map((title) =>
      out.indexOf(title),
    );
    expect(order.every((at) => at > 0)).toBe(true);
    expect([...order].sort((a, b) => a - b)).toEqual(order);
    expect(
      meshproof(['explain', HARDENED, ...CHARGE, '--method', 'POST', '--path', '/v1/charges', '--claim', 'any']).code,
    ).toBe(0);
  });

  it('prints JSON that keeps to the schema, twice the same bytes', () => {
    const args = ['explain', HARDENED, ...CHARGE, '--format', 'json'];
    const first = meshproof(args);
    const read = explanation.parse(JSON.parse(first.out));
    expect(read.verdict).toBe('deny');
    expect(Object.keys(read).slice(0, 6)).toEqual(['request', 'verdict', 'requires', 'assumes', 'by', 'reason']);
    expect(meshproof(args).out).toBe(first.out);
  });

  it.each([
    [['explain'], 'no input'],
    [['explain', PAYMENTS, '--to', 'shop/web:8080'], 'has to know who sends'],
    [['explain', PAYMENTS, '--from', 'shop/wed', '--to', 'shop/web:8080'], 'did you mean `shop/web`?'],
    [
      ['explain', PAYMENTS, '--from', 'shop/web', '--to', 'payments/payments-api:80'],
      'service:payments/payments-api:80',
    ],
    [['explain', PAYMENTS, '--from', 'shop/web', '--to', 'shop/search:8080', '--as', 'nobody'], 'app, attacker'],
  ])('%j cannot be answered: exit 2 and what is possible', (args, sentence) => {
    const { code, out, err } = meshproof(args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(sentence);
    expect(err).not.toMatch(/\n\s+at /);
  });
});

describe('meshproof why-denied', () => {
  it('takes the line from the command line or from stdin, and says the same', () => {
    const given = meshproof(['why-denied', PAYMENTS, '--from', 'checkout/checkout-api', '--log', LINE]);
    expect([given.code, given.err]).toEqual([0, '']);
    expect(given.out).toMatch(/^THE LOG {5}DENY payments\/no-deletes rules\[0\] matched\n/);
    expect(given.out).toContain('AGREES');
    const piped = meshproof(['why-denied', PAYMENTS, '--from', 'checkout/checkout-api'], `noise\n${LINE}\n`);
    expect(piped.out).toBe(given.out);
  });

  it('prints JSON that keeps to the schema', () => {
    const { out } = meshproof(['why-denied', PAYMENTS, '--log', LINE, '--format', 'json']);
    const read = denial.parse(JSON.parse(out));
    expect([read.agrees, read.seen.policy?.found?.name]).toEqual([true, 'no-deletes']);
  });

  it('takes a URL and what came back', () => {
    const args = [
      'why-denied',
      HARDENED,
      '--url',
      'https://shop.example.com/v1/charges',
      '--method',
      'POST',
      '--code',
      '403',
    ];
    const { code, out } = meshproof(args);
    expect(code).toBe(0);
    expect(out).toContain('POST shop.example.com/v1/charges to gateway ingress/ingressgateway:8443 from the internet');
  });

  it.each([
    [['why-denied', PAYMENTS, '--log', 'hello'], 'no line of the log can be read'],
    [['why-denied', PAYMENTS, '--log', LINE, '--url', 'a'], '`--log` and `--url` say two things'],
    [['why-denied', PAYMENTS, '--url', 'not a url'], '`not a url` is no URL'],
    [['why-denied', PAYMENTS, '--url', 'http://payments-api.payments/'], 'it is not said who called'],
    [['why-denied', PAYMENTS], 'it is not said what was denied'],
    [['why-denied', PAYMENTS, '--url', 'http://a/', '--code', 'x'], 'give an HTTP status'],
  ])('%j cannot be answered: exit 2 and a sentence', (args, sentence) => {
    const { code, out, err } = meshproof(args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(sentence);
    expect(err).not.toMatch(/\n\s+at /);
  });
});
