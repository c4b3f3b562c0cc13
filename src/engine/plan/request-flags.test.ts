import { expect, test } from 'vitest';
import { requestFlags } from './request-flags.ts';

test('a request becomes the flags that ask for it again', () => {
  expect(
    requestFlags({
      from: { workload: 'shop/web', as: 'attacker', plaintext: true },
      to: { workload: 'pay/api', port: 8080 },
      http: { method: 'GET', path: "/it's?x=1", host: 'api.pay', headers: { 'x-team': 'a b' } },
      jwt: { payload: { iss: 'https://i', aud: ['x', 'y'] } },
    })?.join(' '),
  ).toBe(
    `--from shop/web --to pay/api:8080 --as attacker --plaintext --method GET --path '/it'\\''s?x=1' --host api.pay --header 'x-team=a b' --claim iss=https://i --claim aud=x --claim aud=y`,
  );
  expect(requestFlags({ from: { internet: true }, to: { gateway: 'in/gw', port: 443 } })).toEqual([
    '--from internet',
    '--to gateway:in/gw:443',
    '--tcp',
  ]);
});

test('what no flag can say is not said wrongly', () => {
  expect(requestFlags({ from: { ip: '10.0.0.1' }, to: { workload: 'a/b', port: 1 } })).toBeUndefined();
  expect(
    requestFlags({ from: { workload: 'a/b' }, to: { workload: 'a/c', port: 1 }, protocol: 'UDP' }),
  ).toBeUndefined();
});
