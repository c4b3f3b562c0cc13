import { expect, test } from 'vitest';
import { hostileResult, sampleResult } from '../../test/sample-result.ts';
import { auditResult } from '../result/schema.ts';
import { renderJson } from './json.ts';

const options = { width: 80, color: false };

test('is the result, valid by the schema, keys in the order of the contract, and ends with a line break', () => {
  const text = renderJson(sampleResult(), options);
  expect(text.endsWith('}\n')).toBe(true);
  expect(auditResult.parse(JSON.parse(text))).toEqual(sampleResult());
  expect(Object.keys(JSON.parse(text)).slice(0, 4)).toEqual(['schemaVersion', 'tool', 'input', 'verdict']);
});

test('holds every value and no raw control character', () => {
  const hostile = hostileResult();
  const text = renderJson(hostile, options);
  expect(JSON.parse(text)).toEqual(hostile);
  expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
});

test('residual: the matching part', () => {
  const { residual, confidence, input } = sampleResult();
  expect(JSON.parse(renderJson(sampleResult(), { ...options, residualOnly: true }))).toEqual({
    schemaVersion: 1,
    tool: sampleResult().tool,
    input: { assumptions: input.assumptions },
    confidence,
    residual,
  });
});
