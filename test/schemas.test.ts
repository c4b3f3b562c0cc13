import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { SCHEMAS } from '../src/engine/schemas.ts';

it.each(Object.entries(SCHEMAS))('%s is what the definition makes (npm run schema writes it anew)', (file, create) => {
  const published = JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8'));
  expect(published).toEqual(JSON.parse(JSON.stringify(create())));
});
