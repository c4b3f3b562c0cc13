import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { RECORDED_HERE } from './areas.ts';
import { writeAccuracy } from './write-accuracy.ts';

it('docs/accuracy.md says what the recordings say now (`npm run accuracy` writes it)', async () => {
  await expect(writeAccuracy()).toMatchFileSnapshot('../../docs/accuracy.md');
});

it('every recording has its line', () => {
  const files = readdirSync(new URL('../../conformance/vectors/', import.meta.url));
  expect(files.sort()).toEqual(
    Object.keys(RECORDED_HERE)
      .map((area) => `${area}.jsonl`)
      .sort(),
  );
});
