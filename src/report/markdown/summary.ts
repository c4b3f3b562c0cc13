import type { AuditResult } from '../../result/types.ts';
import { acceptedFindings, openFindings, severityCounts, type WorkloadOf } from '../causes.ts';
import { topExposures } from '../exposures.ts';
import { firstSteps } from '../first-steps.ts';
import { headline } from '../headline.ts';
import { narrowsText, nextProofs } from '../next-proof.ts';
import { count, figure } from '../wording.ts';
import { code, prose, numbered, table } from './syntax.ts';

const shown = 5;

/** Verdict, figures, scope, top exposure, the immediate decision, the next best evidence. */
export function summary(result: AuditResult, workloadOf: WorkloadOf): string[] {
  const { score, maturity, confidence } = result;
  const exposures = topExposures(result, workloadOf, shown).map(({ severity, what, note, witness, decidedBy, at }) =>
    [
      `**${severity}** ${prose(what)} (${prose(note)})`,
      ...(witness ? [`\\\nshown by ${code(witness)}`] : []),
      ...(decidedBy && at ? [`\\\n${code(decidedBy)} at ${code(at)}`] : []),
    ].join(''),
  );
  const steps = firstSteps(result, workloadOf, shown).map(
    ({ what, effect, command }) => `**${prose(what)}**: ${prose(effect)}${command ? ` (${code(command)})` : ''}`,
  );
  return [
    '## Executive summary',
    `**${result.verdict}**: ${prose(result.verdictWhy)}`,
    ...table(
      [
        'Configured',
        'Proven',
        'Maturity',
        'Confidence',
        ...(score.withExceptions === undefined ? [] : ['With accepted risks']),
      ],
      [
        [
          figure(score.configured),
          figure(score),
          `${maturity.level} (${prose(maturity.name)}), configured for ${maturity.configuredFor}`,
          `${confidence.value} %`,
          ...(score.withExceptions === undefined ? [] : [`${score.withExceptions}/100`]),
        ],
      ],
    ),
    `Scope: ${headline(result).map(prose).join(' · ')}`,
    `Findings: ${findingCounts(result)}`,
    '### Top exposure',
    ...(exposures.length > 0 ? numbered(exposures) : ['None found.']),
    '### Do first',
    ...(steps.length > 0 ? numbered(steps) : ['Nothing is open that asks for a change.']),
    '### Next best evidence',
    nextEvidence(result),
  ];
}

function findingCounts(result: AuditResult): string {
  const open = openFindings(result);
  const accepted = acceptedFindings(result).length;
  const severities = severityCounts(open).map(({ severity, findings }) => `${findings} ${severity.toLowerCase()}`);
  return `${open.length === 0 ? 'none open' : `${count(open.length, 'cause')}: ${severities.join(' · ')}`}${accepted > 0 ? `, and ${accepted} accepted` : ''}`;
}

function nextEvidence(result: AuditResult): string {
  const { proofs, open } = nextProofs(result);
  const [best] = proofs;
  return best
    ? `${code(best.command)} settles ${best.settles} of ${count(open, 'open conclusion')}${narrowsText(best)}.`
    : 'No open question is listed.';
}
