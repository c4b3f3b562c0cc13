import { InputError } from '../collect/input-error.ts';
import type { Diagnostic } from '../result/diagnostic.ts';
import type { Output } from './output.ts';

/** Says what went wrong in a sentence and what to do; what is not expected is a bug and passes on. */
export function reportError(error: unknown, output: Output): number {
  if (!(error instanceof InputError)) throw error;
  printDiagnostics(error.diagnostics, output);
  output.err(`meshproof: ${error.message}\n${error.help ? `  ${error.help}\n` : ''}`);
  return 2;
}

const SHOWN = 20;

/** Diagnostics for a person: errors first, warnings after them, notes only with --verbose. */
export function printDiagnostics(diagnostics: readonly Diagnostic[], output: Output): void {
  if (output.quiet) return;
  const wanted = diagnostics.filter(({ severity }) => output.verbose || severity !== 'info');
  const sorted = [
    ...wanted.filter(({ severity }) => severity === 'error'),
    ...wanted.filter(({ severity }) => severity !== 'error'),
  ];
  const shown = output.verbose ? sorted : sorted.slice(0, SHOWN);
  for (const { severity, file, line, message, help } of shown) {
    output.err(`${line > 0 ? `${file}:${line}` : file}: ${severity}: ${message}${help ? ` (${help})` : ''}\n`);
  }
  if (sorted.length > shown.length) output.err(`… and ${sorted.length - shown.length} more (--verbose shows all)\n`);
}
