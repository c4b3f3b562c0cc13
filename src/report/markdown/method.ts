import {
  confidenceDeductions,
  dimensionMethod,
  highestRating,
  maturityLevels,
  ratingMeanings,
  scoreLimits,
  severityRows,
  verdictRows,
} from '../../result/method.ts';
import type { AuditResult } from '../../result/types.ts';
import { rungText } from '../method-text.ts';
import { number } from '../wording.ts';
import { code, prose, table } from './syntax.ts';

/** The arithmetic of the audit, with what applied here marked. */
export function method(result: AuditResult): string[] {
  const { tool, maturity, verdict, rulesRun } = result;
  const lost = new Set(result.confidence.deductions.map(({ reason }) => reason));
  return [
    '## Appendix: method',
    `${prose(tool.name)} ${prose(tool.version)}, rules ${prose(tool.rulesVersion)}, method ${prose(tool.methodVersion)}.`,
    '### Score',
    `score = Σ rating / ${highestRating} × weight. Proven: a dimension that is not VERIFIED rates ${scoreLimits.unverifiedRating} at most. Configured: without that limit. An open CRITICAL caps both at ${scoreLimits.openCritical}. ${scoreLimits.unknownDimensions} or more UNKNOWN dimensions: N/A.`,
    ...table(
      ['Dimension', 'Weight'],
      dimensionMethod.map(({ name, weight }) => [name, String(weight)]),
    ),
    ...table(
      ['Rating', 'From coverage', 'Meaning'],
      ratingMeanings.map((meaning, rating) => [String(rating), rungText(rating), meaning]),
    ),
    '### Verdict: the first row that fits',
    ...table(
      ['Verdict', 'When', 'Here'],
      verdictRows.map((row) => [row.verdict, prose(row.when), row.verdict === verdict ? 'yes' : '']),
    ),
    '### Confidence: 100 minus',
    ...table(
      ['Points', 'Reason', 'Here'],
      confidenceDeductions.map(({ points, reason }) => [String(points), reason, lost.has(reason) ? 'yes' : '']),
    ),
    '### Maturity: the highest level that is verified with all before it',
    ...table(
      ['Level', 'Name', 'Here'],
      maturityLevels.map((name, level) => [
        String(level),
        name,
        [
          ...(level === maturity.level ? ['proven'] : []),
          ...(level === maturity.configuredFor ? ['configured for'] : []),
        ].join(', '),
      ]),
    ),
    ...(maturity.next.unmet.length > 0
      ? [`For level ${maturity.next.level}: ${maturity.next.unmet.map(prose).join('; ')}.`]
      : []),
    '### Severity',
    ...table(
      ['Severity', 'When'],
      severityRows.map(({ severity, when }) => [severity, when]),
    ),
    '### Evidence status',
    'VERIFIED: seen on the data plane. INFERRED: computed from configuration that is complete for the question. UNKNOWN: an input is missing and the answer differs with it.',
    '### Rules that ran',
    ...(rulesRun.length > 0
      ? table(
          ['Rule', 'Checked', 'Passed', 'Failed', 'Not applicable'],
          rulesRun.map(({ id, checked, passed, failed, notApplicable }) => [
            code(id),
            number(checked),
            number(passed),
            number(failed),
            number(notApplicable),
          ]),
        )
      : ['None.']),
  ];
}
