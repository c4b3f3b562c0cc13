import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { hostileResult, sampleResult, sampleResultWithPaths } from '../../test/sample-result.ts';
import { createResultJsonSchema } from './json-schema.ts';

const validate = new Ajv.default({ strict: false }).compile(createResultJsonSchema());

test('the published schema is the one that the definition makes: `npm run schema` writes it', () => {
  const published = readFileSync(new URL('../../docs/result.schema.json', import.meta.url), 'utf8');
  expect(JSON.parse(published)).toEqual(createResultJsonSchema());
});

test('it accepts what zod accepts', () => {
  for (const result of [sampleResult(), sampleResultWithPaths(), hostileResult()]) {
    expect(validate(result), JSON.stringify(validate.errors)).toBe(true);
  }
});

test('it refuses a missing key, an unknown key and an unknown word', () => {
  const { verdict: _, ...withoutVerdict } = sampleResult();
  expect(validate(withoutVerdict)).toBe(false);
  expect(validate({ ...sampleResult(), more: 1 })).toBe(false);
  expect(validate({ ...sampleResult(), verdict: 'FINE' })).toBe(false);
});
