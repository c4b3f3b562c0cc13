import { severityRank } from '../../findings/severity.ts';
import { runRules } from '../../findings/run-rules.ts';
import { applyExceptions } from '../../findings/exceptions.ts';
import type { Facts } from '../../graph/facts.ts';
import { makeFacts } from '../../graph/make-facts.ts';
import type { Config } from '../../result/config.ts';
import type { Standing } from '../../result/plan.ts';
import type { Severity } from '../../result/status.ts';
import type { AuditResult } from '../../result/types.ts';
import { RULES } from '../../rules/index.ts';
import { assess } from '../../score/assess.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { type FoundPaths, searchPaths } from '../paths/attack-result.ts';
import { DEFAULT_ENTRIES, readEntries } from '../paths/read-entries.ts';
import { severityOfPath } from '../paths/severity-of-path.ts';

/** How a mesh stands, with the ids behind the figures. */
export interface Judged {
  readonly standing: Standing;
  readonly findings: ReadonlyMap<string, { readonly rule: string; readonly severity: Severity }>;
  readonly paths: ReadonlyMap<string, Severity>;
}

/** What an audit would say of what is enforced. */
export function standingOf(enforcement: Enforcement, stated: Partial<Config>, now?: Date): Judged {
  const facts = makeFacts(enforcement, stated);
  const { mesh } = enforcement;
  const { findings } = applyExceptions(runRules(RULES, facts).findings, stated.exceptions ?? [], mesh, now);
  const { verdict, score } = assess(facts, findings, { rules: RULES });
  const found = searchPaths(facts, { entries: readEntries(mesh, stated.entries ?? DEFAULT_ENTRIES) });
  return judgedBy(facts, { verdict, score, findings }, found);
}

/** The same from an audit that was made. */
export function judgedBy(
  facts: Facts,
  { verdict, score, findings }: Pick<AuditResult, 'verdict' | 'score' | 'findings'>,
  found: FoundPaths,
): Judged {
  const excess = 'incomplete' in found ? [] : found.paths.filter(({ kind }) => kind === 'excess');
  const paths = new Map(excess.map((path) => [path.id, severityOfPath(facts, path)]));
  const { value, low, high, configured } = score;
  return {
    standing: {
      verdict,
      score: { value, low, high, configured },
      findings: tally(findings.filter(({ exception }) => !exception).map(({ severity }) => severity)),
      paths: tally([...paths.values()]),
    },
    findings: new Map(findings.map(({ id, fingerprint, severity }) => [fingerprint, { rule: id, severity }])),
    paths,
  };
}

/** From HIGH on. */
export const isSerious = (severity: Severity): boolean => severityRank(severity) <= severityRank('HIGH');

function tally(severities: readonly Severity[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const severity of severities.toSorted((a, b) => severityRank(a) - severityRank(b)))
    counts[severity] = (counts[severity] ?? 0) + 1;
  return counts;
}
