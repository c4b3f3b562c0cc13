import { writeFileSync } from 'node:fs';
import pc from 'picocolors';
import { InputError } from '../../collect/input-error.ts';
import { runMutation } from '../../engine/policy-test/mutation/run-mutation.ts';
import { runSuites, type SuitesResult } from '../../engine/policy-test/run-suites.ts';
import { renderMutation } from '../../report/mutation/render.ts';
import { requestLine } from '../../report/request-text.ts';
import { printDiagnostics } from '../errors.ts';
import { type Output, processOutput } from '../output.ts';
import { readStdin } from '../stdin.ts';
import type { LiveFlags } from './test-live.ts';

interface Flags extends LiveFlags {
  readonly mutate?: boolean;
}

/** `meshproof test SUITE...`: exit 1 when a case fails. */
export async function testCommand(suites: readonly string[], flags: Flags): Promise<number> {
  if (flags.mutate) return mutate(suites, flags);
  if (flags.live || flags.probeScript !== undefined || flags.context.length > 0)
    return (await import('./test-live.ts')).testLive(suites, flags);
  const output = processOutput(flags);
  const result = await runSuites(suites, { cwd: process.cwd(), stdin: readStdin });
  printDiagnostics(result.diagnostics, output);
  const text = render(result, flags, output);
  if (flags.out === undefined) output.out(text);
  else writeFileSync(flags.out, text);
  return result.failed > 0 ? 1 : 0;
}

/** `meshproof test --mutate SUITE|INPUT...`: exit 1 when a fault is noticed by nothing, or a case fails as it is. */
async function mutate(names: readonly string[], flags: Flags): Promise<number> {
  if (flags.format === 'junit') throw new InputError('`--mutate` has no JUnit output', 'use --format json or terminal');
  const output = processOutput(flags);
  const { mutation, unusable, diagnostics } = await runMutation(names, { cwd: process.cwd(), stdin: readStdin });
  printDiagnostics(diagnostics, output);
  const text = flags.format === 'json' ? `${JSON.stringify(mutation, null, 2)}\n` : renderMutation(mutation, output);
  if (flags.out === undefined) output.out(text);
  else writeFileSync(flags.out, text);
  return mutation.survivors.length + mutation.tests.failed + unusable > 0 ? 1 : 0;
}

function render(result: SuitesResult, flags: Flags, output: Output): string {
  if (flags.format === 'json') {
    const { cases, invariants, passed, failed } = result;
    return `${JSON.stringify({ cases, invariants, passed, failed }, null, 1)}\n`;
  }
  return flags.format === 'junit' ? junit(result) : terminal(result, output);
}

function terminal(result: SuitesResult, output: Output): string {
  const colors = pc.createColors(output.color);
  const lines: string[] = [];
  for (const item of result.cases) {
    if (item.pass && !output.verbose) continue;
    const mark = item.pass ? colors.green('pass') : colors.red('FAIL');
    lines.push(`${mark}  ${item.suite} › ${item.name}`);
    if (!item.pass)
      lines.push(`      expected ${item.expect}, got ${item.got}${item.by ? ` by ${item.by}` : ''}: ${item.reason}`);
  }
  for (const item of result.invariants) {
    if (item.pass && !output.verbose) continue;
    const mark = item.pass ? colors.green('pass') : colors.red('FAIL');
    lines.push(`${mark}  ${item.suite} › ${item.name}`, `      ${item.why}`);
    if (item.witness) lines.push(`      ${requestLine(item.witness)}`);
  }
  lines.push(`${result.passed} passed, ${result.failed} failed`);
  return `${lines.join('\n')}\n`;
}

function junit({ cases, invariants, failed }: SuitesResult): string {
  const items = [
    ...cases.map((item) => ({ ...item, why: `expected ${item.expect}, got ${item.got}: ${item.reason}` })),
    ...invariants,
  ];
  const body = items.map(({ suite, name, pass, why }) => {
    const open = `    <testcase classname="${escapeXml(suite)}" name="${escapeXml(name)}"`;
    return pass ? `${open}/>` : `${open}><failure message="${escapeXml(why)}"/></testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${items.length}" failures="${failed}">`,
    `  <testsuite name="meshproof" tests="${items.length}" failures="${failed}">`,
    ...body,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function escapeXml(text: string): string {
  const named: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return withoutControls(text).replace(/[&<>"]/g, (character) => named[character] ?? character);
}

/** XML 1.0 has no way to write control characters. */
const withoutControls = (text: string): string =>
  [...text].map((character) => (character < ' ' && !'\t\n\r'.includes(character) ? '\ufffd' : character)).join('');
