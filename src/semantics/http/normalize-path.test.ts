import { expect, it } from 'vitest';
import { normalizePath } from './normalize-path.ts';

it.each([
  ['/info#x', 'BASE', '/info'],
  ['/info#x', 'NONE', '/info'],
  ['/q#?x=1', 'NONE', '/q'],
  ['/q?x=1#y', 'BASE', '/q?x=1'],
  ['//info#x', 'MERGE_SLASHES', '/info'],
  ['/info?a//b', 'MERGE_SLASHES', '/info?a//b'],
  ['/a%2Fb', 'DECODE_AND_MERGE_SLASHES', '/a/b'],
] as const)('%s under %s is %s', (path, mode, expected) => {
  expect(normalizePath(path, mode)).toBe(expected);
});
