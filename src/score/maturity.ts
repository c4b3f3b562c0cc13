import { maturityLevels } from '../result/method.ts';
import type { AuditResult, Finding } from '../result/types.ts';
import { checkLevels, type LevelCheck } from './maturity-levels.ts';
import type { Observed } from './open-questions.ts';
import type { Population } from './population.ts';
import type { RatedDimension } from './rate.ts';

export type Maturity = AuditResult['maturity'];

/**
 * The highest level for which it and all before it are verified, and the one that configuration alone would come to: configuration satisfies
 * none. `next` is the first level that is not proven; what it takes is said for it and, if more is configured, for the next one to configure.
 */
export function maturityOf(
  population: Population,
  findings: readonly Finding[],
  rated: readonly RatedDimension[],
  observed: Observed = {},
): Maturity {
  const checks = checkLevels(population, findings, rated, observed);
  const level = reached(checks, ({ unmet, verified }) => unmet.length === 0 && verified);
  const configuredFor = reached(checks, ({ unmet }) => unmet.length === 0);
  return {
    level,
    name: maturityLevels[level] ?? '',
    configuredFor,
    next: { level: Math.min(level + 1, checks.length), unmet: whatIsMissing(checks, level, configuredFor) },
  };
}

/** How many levels from the first on pass. */
function reached(checks: readonly LevelCheck[], passes: (check: LevelCheck) => boolean): number {
  const first = checks.findIndex((check) => !passes(check));
  return first < 0 ? checks.length : first;
}

function whatIsMissing(checks: readonly LevelCheck[], level: number, configuredFor: number): string[] {
  const proof =
    configuredFor > level
      ? [
          `data-plane evidence: ${configuredFor === level + 1 ? `level ${configuredFor} is` : `levels ${level + 1} to ${configuredFor} are`} configured and not verified`,
        ]
      : [];
  const unmet = checks[configuredFor]?.unmet ?? [];
  return [...proof, ...(proof.length > 0 ? unmet.map((text) => `for level ${configuredFor + 1}, ${text}`) : unmet)];
}
