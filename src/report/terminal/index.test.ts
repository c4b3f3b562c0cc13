import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import {
  emptyResult,
  hostileResult,
  largeResult,
  sampleResult,
  sampleResultWithPaths,
  unknownResult,
} from '../../../test/sample-result.ts';
import { renderTerminal } from './index.ts';

const narrow = { width: 80, color: false };
const lines = (text: string) => text.split('\n');

describe('the first screen', () => {
  test('answers how bad, why, what to do first, in this order', () => {
    const text = renderTerminal(sampleResult(), narrow);
    const order = [
      'payments-prod · Istio 1.31',
      'HIGH RISK    configured 41/100 (33–52)',
      'One CRITICAL is open',
      'TOP EXPOSURE',
      'DO FIRST',
      'SCORECARD',
      'FINDINGS  6 causes',
      'NEXT PROOF',
      'FINDINGS BY CAUSE',
      'ACCEPTED',
      'CHECKED',
      'NOT SHOWN',
    ];
    const positions = order.map((part) => text.indexOf(part));
    expect(positions).not.toContain(-1);
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
  });

  test('is short enough to read without scrolling', () => {
    const first = lines(renderTerminal(sampleResult(), narrow)).indexOf('FINDINGS BY CAUSE');
    expect(first).toBeGreaterThan(20);
    expect(first).toBeLessThanOrEqual(42);
  });

  test('gives both scores, maturity, confidence and its first reason', () => {
    const text = renderTerminal(sampleResult(), { ...narrow, width: 200 });
    expect(text).toContain(
      'HIGH RISK    configured 41/100 (33–52)   proven 34/100 (29–45)   maturity 0, configured for 1   confidence 45 %: no live or recent data-plane evidence   with accepted risks 43/100',
    );
  });

  test('shows each exposure with witness, deciding object and file:line', () => {
    const text = renderTerminal(sampleResult(), { ...narrow, width: 120 });
    expect(text).toContain('  1 CRITICAL  Any caller may use every port of payments/ledger   1 workload, 2 ports\n');
    expect(text).toContain('POST /v1/charges to payments/ledger:8080 from shop/web, no token');
    expect(text).toContain('payments/allow-everything   payments-prod/policies.yaml:41');
  });

  test('uses paths and plan once there are some', () => {
    const text = renderTerminal(sampleResultWithPaths(), { ...narrow, width: 200 });
    expect(text).toMatch(
      /1 CRITICAL {2}internet → shop\/web → payments\/ledger \(cardholder data\) +2 hops, excess at hop 2/,
    );
    expect(text).toMatch(
      /1 payments: default deny \+ ALLOW checkout → payments-api +closes 1 path, 2 findings; keeps 6 of 6 wanted flows +meshproof plan --step 1/,
    );
  });

  test('tells proven from configured in the scorecard, and unknown from zero', () => {
    const text = renderTerminal(sampleResult(), narrow);
    expect(text).toContain('identity      ██▒░░ 3·2');
    expect(text).toContain('ingress       ██▒▒░ 4·2');
    expect(text).toContain('request authn ░░░░░ 0·0');
    expect(text).toContain('auditability  ····· ?');
  });

  test('counts by severity, leaves accepted ones out of the count and names them', () => {
    expect(renderTerminal(sampleResult(), narrow)).toContain(
      'FINDINGS  6 causes: 1 critical · 2 high · 2 medium · 1 low   + 1 accepted',
    );
  });

  test('names the command that settles most, whole', () => {
    expect(renderTerminal(sampleResult(), narrow)).toContain(
      'NEXT PROOF  meshproof collect --context payments-prod\n  (settles 31 of 38 open conclusions)',
    );
  });
});

test.each([60, 80, 100, 132, 200])('no line is wider than %i columns', (width) => {
  for (const result of [sampleResult(), sampleResultWithPaths(), emptyResult(), unknownResult(), largeResult(300)]) {
    for (const color of [false, true]) {
      const tooWide = lines(renderTerminal(result, { width, color })).filter((line) => stringWidth(line) > width);
      expect(tooWide).toEqual([]);
    }
  }
});

test('wide characters count double', () => {
  const [first, ...rest] = sampleResult().findings;
  const title = '任意の呼び出し元がすべてのポートを使用できます '.repeat(4);
  const text = renderTerminal(sampleResult({ findings: [{ ...first, title } as never, ...rest] }), narrow);
  expect(text).toContain('任意');
  expect(lines(text).filter((line) => stringWidth(line) > 80)).toEqual([]);
});

test('a path or command that does not fit stays whole', () => {
  const command = `meshproof collect --context ${'very-long-name-'.repeat(8)}`;
  const text = renderTerminal(sampleResult({ residual: [{ unknown: 'x', settles: 1, command }] }), narrow);
  expect(text).toContain(command);
});

test('colours only when asked to, and never lets the input colour or reorder', () => {
  expect(renderTerminal(sampleResult(), narrow)).not.toContain('\u001b');
  expect(renderTerminal(sampleResult(), { ...narrow, color: true })).toContain('\u001b[');
  for (const verbose of [false, true]) {
    const text = renderTerminal(hostileResult(), { ...narrow, verbose });
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
    expect(text).toContain('\\u{1b}[31m');
  }
});

test('subjects beyond the first few are counted, and verbose lists them', () => {
  const result = largeResult(300);
  expect(renderTerminal(result, narrow)).toContain('+26 more');
  const verbose = renderTerminal(result, { ...narrow, verbose: true });
  expect(verbose).not.toContain('+26 more');
  expect(verbose).toContain('Deployment team-010/service-00290:8080');
});

test('accepted findings stand apart with reason, owner and end', () => {
  const text = renderTerminal(sampleResult(), narrow);
  expect(text.slice(text.indexOf('ACCEPTED'))).toContain('migrating, by team-x, until 2027-03-01');
});

test('says what it leaves out, and verbose leaves nothing out', () => {
  const text = renderTerminal(sampleResult(), narrow);
  expect(text).toContain('NOT SHOWN  the inventory of 12 workloads; evidence, tests and rollback of 6');
  expect(text).toContain('INPUT      1 error, 1 warning, 1 note about the input');
  expect(text).toContain('payments-prod/broken.yaml:14');
  const verbose = renderTerminal(sampleResult(), { ...narrow, width: 160, verbose: true });
  expect(verbose).not.toContain('NOT SHOWN');
  expect(verbose).toMatch(
    /payments\/ledger:8080 +sidecar +PERMISSIVE +allows any caller +plaintext in the cluster, any mesh identity/,
  );
  expect(verbose).toContain('-  - {}');
  expect(verbose).toContain('STILL OPEN');
});

test('residual: only what is open and how to settle it', () => {
  const text = renderTerminal(sampleResult(), { ...narrow, residualOnly: true });
  expect(text).toContain('1 meshproof collect --context payments-prod\n    settles 31 conclusions:');
  expect(text).toContain('- the CNI enforces NetworkPolicy');
  expect(text).toContain('−20  no live or recent data-plane evidence');
  expect(text).not.toContain('TOP EXPOSURE');
});

test('an empty mesh and a mesh of unknowns claim nothing', () => {
  const empty = renderTerminal(emptyResult(), narrow);
  expect(empty).toContain('INCONCLUSIVE    configured N/A (0–100)   proven N/A (0–100)');
  expect(empty).toContain('none can be computed: the input holds no workload');
  expect(empty).toContain('FINDINGS  none open');
  const unknown = renderTerminal(unknownResult(), { ...narrow, verbose: true });
  expect(unknown).toContain('12 with an unknown data plane');
  expect(unknown).toContain('none found; see what is still open below');
  expect(unknown).toContain('none, conditional');
});

test('the last line repeats the answer above the prompt', () => {
  const [last] = lines(renderTerminal(sampleResult(), { ...narrow, width: 120 }).trimEnd()).slice(-1);
  expect(last).toBe(
    'HIGH RISK · configured 41/100 (33–52) · proven 34/100 (29–45) · 1 critical · 2 high · 2 medium · 1 low',
  );
});
