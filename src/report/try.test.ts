import { test } from 'vitest';
import { writeFileSync } from 'node:fs';
import { sampleResult, sampleResultWithPaths, emptyResult, unknownResult } from '../../test/sample-result.ts';
import { renderTerminal } from './terminal/index.ts';
test('x', () => {
  writeFileSync('/tmp/t80.txt', renderTerminal(sampleResult(), { width: 80, color: false }));
  writeFileSync('/tmp/t140.txt', renderTerminal(sampleResult(), { width: 140, color: false }));
  writeFileSync('/tmp/p80.txt', renderTerminal(sampleResultWithPaths(), { width: 80, color: false }));
  writeFileSync('/tmp/p140.txt', renderTerminal(sampleResultWithPaths(), { width: 140, color: true }));
  writeFileSync('/tmp/e80.txt', renderTerminal(emptyResult(), { width: 80, color: false }));
  writeFileSync('/tmp/u80.txt', renderTerminal(unknownResult(), { width: 80, color: false }));
  writeFileSync('/tmp/r80.txt', renderTerminal(sampleResult(), { width: 80, color: false, residualOnly: true }));
  writeFileSync('/tmp/v80.txt', renderTerminal(sampleResult(), { width: 80, color: false, verbose: true }));
  writeFileSync('/tmp/v160.txt', renderTerminal(sampleResult(), { width: 160, color: false, verbose: true }));
});
