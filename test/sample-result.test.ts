import { expect, test } from 'vitest';
import { emptyResult, largeResult, sampleResult, sampleResultWithPaths, unknownResult } from './sample-result.ts';

test('every builder makes a result that the schema accepts', () => {
  expect(sampleResult().findings).toHaveLength(7);
  expect(sampleResultWithPaths().paths).toHaveLength(2);
  expect(emptyResult().inventory.workloads).toEqual([]);
  expect(unknownResult().score.value).toBeNull();
  expect(largeResult(50).findings[0]?.subjects).toHaveLength(5);
});

test('a builder refuses a change that the schema does not', () => {
  expect(() => sampleResult({ dimensions: [] })).toThrow(/dimensions/);
});
