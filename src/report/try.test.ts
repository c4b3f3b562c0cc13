import { test } from 'vitest';
import { writeFileSync } from 'node:fs';
import { sampleResult, sampleResultWithPaths, emptyResult, unknownResult, largeResult } from '../../test/sample-result.ts';
import { renderHtml } from './html/index.ts';
import { renderMarkdown } from './markdown/index.ts';
test('x', () => {
  const o = { width: 80, color: false };
  writeFileSync('/tmp/s.html', renderHtml(sampleResult(), o));
  writeFileSync('/tmp/p.html', renderHtml(sampleResultWithPaths(), o));
  writeFileSync('/tmp/e.html', renderHtml(emptyResult(), o));
  writeFileSync('/tmp/r.html', renderHtml(sampleResult(), {...o, residualOnly: true}));
  const big = largeResult(10000);
  console.time('html'); writeFileSync('/tmp/big.html', renderHtml(big, o)); console.timeEnd('html');
  console.time('md'); writeFileSync('/tmp/s.md', renderMarkdown(sampleResult(), o)); console.timeEnd('md');
});
