import { expect, test } from 'vitest';
import { baseline as baselineSchema } from '../result/baseline.ts';
import type { Finding } from '../result/types.ts';
import { sampleResult } from '../../test/sample-result.ts';
import { applyBaseline, writeBaseline } from './baseline.ts';

const { findings } = sampleResult();
const first = findings[0] as Finding;

test('what it writes is what the schema reads, sorted, without places', () => {
  const written = writeBaseline(findings.toReversed());
  expect(written).toEqual(writeBaseline(findings));
  expect(() => baselineSchema.parse(JSON.parse(JSON.stringify(written)))).not.toThrow();
  expect(JSON.stringify(written)).not.toContain('.yaml');
});

test('nothing is new against the own baseline', () => {
  const { fresh, known, gone } = applyBaseline(findings, writeBaseline(findings));
  expect([fresh, known.length, gone]).toEqual([[], findings.length, []]);
});

test('tells new, worse, spread and gone', () => {
  const before = writeBaseline(findings);
  const low = { ...before, findings: before.findings.map((each) => ({ ...each, severity: 'LOW' as const })) };
  expect(applyBaseline([first], low).fresh[0]?.why).toBe(`LOW in the baseline, ${first.severity} now`);
  expect(applyBaseline([first], { ...before, findings: [] }).fresh[0]?.why).toBe('not in the baseline');
  const wider = {
    ...first,
    subjects: [...first.subjects, { ...first.subjects[0], name: 'another' } as Finding['subjects'][number]],
  };
  expect(applyBaseline([wider], before).fresh[0]?.why).toContain('affects what it did not affect in the baseline');
  expect(applyBaseline(findings.slice(1), before).gone.map(({ fingerprint }) => fingerprint)).toEqual([
    first.fingerprint,
  ]);
});

test('a finding that got smaller or milder stays known, wherever it moved', () => {
  const before = writeBaseline(findings);
  const moved = first.subjects
    .slice(0, 1)
    .map((subject) => ({ ...subject, location: { file: 'new.yaml', line: 9, column: 1 } }));
  expect(applyBaseline([{ ...first, severity: 'LOW', subjects: moved }], before).known).toHaveLength(1);
});
