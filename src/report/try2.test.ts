import { test } from 'vitest';
import { readFileSync, writeFileSync } from 'node:fs';
import { renderRule, renderRules } from './rules.ts';
test('x', () => {
  writeFileSync('/tmp/rule.txt', renderRule(readFileSync('/tmp/page.md','utf8'), { width: 60, color: false }));
  const row = { id: 'mtls/permissive', title: 'A workload port accepts plaintext, at whichever level that comes from', area: 'mtls', severity: 'HIGH', catalogue: 'ID-01', page: 'docs/rules/mtls/permissive.md' };
  writeFileSync('/tmp/rules.txt', renderRules([row, { ...row, id: 'egress/registry-only-alone', area: 'egress' }], { width: 80, color: false }));
});
