/** Something about the input that the user should know: what was left out, misspelt or resolved. Never a finding. */
export interface Diagnostic {
  /** `error`: (part of) the input was left out; `warning`: read, but not as written; `info`: stated for completeness. */
  readonly severity: 'error' | 'warning' | 'info';
  readonly file: string;
  readonly line: number;
  /** One sentence in lower case, user values in backticks, no full stop. */
  readonly message: string;
  /** What to do about it; empty when nothing is to be done. */
  readonly help: string;
}
