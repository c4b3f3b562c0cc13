import type { Diagnostic } from '../result/diagnostic.ts';
import type { Origin, Path } from './resource.ts';

/** So many of one pattern are listed; of the rest, only how many there are. */
const LISTED = 50;

interface Pattern {
  count: number;
  /** The first one that is not listed. */
  overflow?: Diagnostic;
}

/** Collects diagnostics in input order. Messages that differ only in what stands in backticks are of one pattern, and capped. */
export class DiagnosticLog {
  readonly #listed: Diagnostic[] = [];
  readonly #patterns = new Map<string, Pattern>();

  add(severity: Diagnostic['severity'], origin: Origin, path: Path, message: string, help: string): void {
    const key = `${severity} ${message.replace(/`[^`]*`/g, '`')}`;
    const pattern = this.#patterns.get(key);
    if (!pattern) this.#patterns.set(key, { count: 1 });
    else if (++pattern.count > LISTED + 1) return;
    const diagnostic = { severity, ...place(origin, path), message, help };
    if (pattern && pattern.count > LISTED) pattern.overflow = diagnostic;
    else this.#listed.push(diagnostic);
  }

  /** All that were added, then one line per capped pattern. */
  list(): Diagnostic[] {
    const capped: Diagnostic[] = [];
    for (const { count, overflow } of this.#patterns.values()) {
      if (!overflow) continue;
      const others = count - LISTED - 1;
      capped.push(
        others > 0 ? { ...overflow, message: `${overflow.message} (and ${others} more like this)` } : overflow,
      );
    }
    return [...this.#listed, ...capped];
  }
}

function place(origin: Origin, path: Path): { readonly file: string; readonly line: number } {
  const location = origin.locate(path);
  return 'file' in location ? { file: location.file, line: location.line } : { file: location.cluster, line: 0 };
}
