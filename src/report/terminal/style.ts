import pc from 'picocolors';
import type { Severity } from '../../result/status.ts';
import type { VerdictWord } from '../../result/types.ts';

type Paint = (text: string) => string;

/** Colours never carry a meaning alone: every painted word also says it. */
export interface Style {
  readonly heading: Paint;
  readonly strong: Paint;
  readonly faint: Paint;
  readonly code: Paint;
  readonly place: Paint;
  readonly severity: (severity: string) => Paint;
  readonly verdict: (verdict: VerdictWord) => Paint;
  readonly outcome: (outcome: 'allow' | 'deny' | 'unknown') => Paint;
  /** By rating, 0 to 5. */
  readonly rating: (rating: number) => Paint;
}

export function createStyle(color: boolean): Style {
  const paint = pc.createColors(color);
  const boldRed: Paint = (text) => paint.bold(paint.red(text));
  const severities: Record<Severity, Paint> = {
    CRITICAL: boldRed,
    HIGH: paint.red,
    MEDIUM: paint.yellow,
    LOW: paint.cyan,
    INFORMATIONAL: paint.dim,
  };
  const verdicts: Record<VerdictWord, Paint> = {
    'HIGH RISK': boldRed,
    INCONCLUSIVE: (text) => paint.bold(paint.magenta(text)),
    WEAK: (text) => paint.bold(paint.yellow(text)),
    MODERATE: (text) => paint.bold(paint.cyan(text)),
    STRONG: (text) => paint.bold(paint.green(text)),
  };
  const outcomes: Record<'allow' | 'deny' | 'unknown', Paint> = {
    allow: (text) => paint.bold(paint.green(text)),
    deny: boldRed,
    unknown: (text) => paint.bold(paint.magenta(text)),
  };
  return {
    heading: paint.bold,
    strong: paint.bold,
    faint: paint.dim,
    code: paint.cyan,
    place: paint.dim,
    severity: (severity) => (severity in severities ? severities[severity as Severity] : (text) => text),
    verdict: (verdict) => verdicts[verdict],
    outcome: (outcome) => outcomes[outcome],
    rating: (rating) => (rating <= 1 ? paint.red : rating <= 3 ? paint.yellow : paint.green),
  };
}

/** A severity in a column of eight. */
export function severityLabel(severity: string): string {
  return severity === 'INFORMATIONAL' ? 'INFO' : severity;
}
