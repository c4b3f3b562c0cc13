import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { hostileResult, sampleResultWithPaths } from '../../../test/sample-result.ts';
import type { AuditResult } from '../../result/types.ts';
import { renderPaths } from './render.ts';

const answer = ({ paths }: AuditResult, attack: Partial<NonNullable<AuditResult['attack']>> = {}) => ({
  paths,
  attack: {
    entries: ['internet', 'pod-outside-mesh'],
    found: { excess: 1, inherent: 1 },
    unlisted: { excess: 0, inherent: 0 },
    deeper: 0,
    blastRadius: [],
    chokePoints: [],
    ...attack,
  },
});
const render = (...given: Parameters<typeof answer>): string =>
  renderPaths(answer(...given), { width: 100, color: false });

test('a path is a block: stops, what it takes, and per hop a request, the deciding rule and what to change', () => {
  expect(render(sampleResultWithPaths())).toMatchInlineSnapshot(`
    "1 path from internet, pod-outside-mesh · 1 critical · 1 inherent

    1 CRITICAL  internet → shop/web → payments/ledger
                cardholder data · no breach needed · medium confidence · +2 other ways
       1 → shop/web:8443  wanted  T1190  INFERRED
         GET shop.example.com/ to gateway istio-ingress/public:8443 from the internet, no token
       2 → payments/ledger:8080  EXCESS  T1210  INFERRED
         POST /v1/charges to payments/ledger:8080 from shop/web, no token
         by payments/allow-everything rules[0]   payments-prod/policies.yaml:41
         holds TLS at the gateway
         assumes the CNI enforces NetworkPolicy

    INHERENT: every hop is wanted
      2   internet → shop/web (a valid JWT of issuer https://login.example.com)
    "
  `);
});

test('says what is not listed, and why nothing is', () => {
  const text = render(sampleResultWithPaths(), { unlisted: { excess: 1200, inherent: 3 }, deeper: 7 });
  expect(text.replaceAll('\n', ' ')).toContain(
    '1,200 further paths not listed (--max); 3 inherent not listed; 7 deeper ones (more than two breaches) not listed',
  );
  const none = answer({ ...sampleResultWithPaths(), paths: [] }, { found: { excess: 0, inherent: 0 } });
  const at = { width: 100, color: false };
  expect(renderPaths(none, at)).toBe('no path that should not be there from internet, pod-outside-mesh\n');
  expect(renderPaths({ ...none, attack: { ...none.attack, incomplete: 'the search was given up' } }, at)).toBe(
    'no path was computed from internet, pod-outside-mesh: the search was given up\n',
  );
});

test.each([60, 80, 100, 160])('no line is wider than %i columns, in colour too', (width) => {
  for (const color of [false, true]) {
    const text = renderPaths(answer(sampleResultWithPaths()), { width, color });
    expect(text.split('\n').filter((line) => stringWidth(line) > width)).toEqual([]);
  }
});

test('names cannot colour or reorder what is read', () => {
  const text = renderPaths(answer(hostileResult()), { width: 100, color: false });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be there
  expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
});
