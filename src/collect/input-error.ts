import type { Diagnostic } from '../result/diagnostic.ts';

/** Nothing to work on: the input does not exist or holds nothing readable. The command ends with exit code 2. */
export class InputError extends Error {
  override readonly name = 'InputError';
  /** What to do about it. */
  readonly help: string;
  /** What was wrong with the files that were tried. */
  readonly diagnostics: readonly Diagnostic[];

  constructor(message: string, help: string, diagnostics: readonly Diagnostic[] = []) {
    super(message);
    this.help = help;
    this.diagnostics = diagnostics;
  }
}
