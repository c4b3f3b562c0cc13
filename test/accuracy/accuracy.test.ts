import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { RECORDED_HERE, WAYS } from './areas.ts';
import { writeAccuracy } from './write-accuracy.ts';

it('docs/accuracy.md says what the recordings say now (`npm run accuracy` writes it)', async () => {
  await expect(writeAccuracy()).toMatchFileSnapshot('../../docs/accuracy.md');
});

it.each([
  ['vectors', RECORDED_HERE],
  ['ways/vectors', WAYS],
] as const)('every recording of conformance/%s has its line', (folder, areas) => {
  const files = readdirSync(new URL(`../../conformance/${folder}/`, import.meta.url));
  expect(files.sort()).toEqual(
    Object.keys(areas)
      .map((area) => `${area}.jsonl`)
      .sort(),
  );
});
