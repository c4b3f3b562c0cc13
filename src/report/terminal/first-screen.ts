import stringWidth from 'string-width';
import { dimensionMethod } from '../../result/method.ts';
import type { AuditResult, Dimension } from '../../result/types.ts';
import { acceptedFindings, openFindings, severityCounts, type WorkloadOf } from '../causes.ts';
import { type Exposure, topExposures } from '../exposures.ts';
import { type FirstStep, firstSteps } from '../first-steps.ts';
import { headline } from '../headline.ts';
import { narrowsText, nextProofs } from '../next-proof.ts';
import { count, figure, number, oneLine } from '../wording.ts';
import { align, flow, flowPhrases, hang, pad, widest, wrap } from './layout.ts';
import { type Style, severityLabel } from './style.ts';

const shownExposures = 5;
const shownSteps = 3;
const exposureIndent = 14;
const stepIndent = 4;

/** How bad, why, what to do first: everything that somebody who has to act needs before scrolling. */
export function firstScreen(result: AuditResult, workloadOf: WorkloadOf, width: number, style: Style): string[] {
  return [
    ...flowPhrases(headline(result), ' · ', width).map(style.strong),
    '',
    ...verdict(result, width, style),
    '',
    ...topExposure(topExposures(result, workloadOf, shownExposures), result, width, style),
    ...doFirst(firstSteps(result, workloadOf, shownSteps), width, style),
    ...scorecard(result.dimensions, width, style),
    ...counts(result, width, style),
  ];
}

export function verdict(result: AuditResult, width: number, style: Style): string[] {
  const { score, maturity, confidence } = result;
  const [deduction] = confidence.deductions;
  const indent = stringWidth(result.verdict) + 4;
  const figures = [
    `configured ${figure(score.configured)}`,
    `proven ${figure(score)}`,
    `maturity ${maturity.level}, configured for ${maturity.configuredFor}`,
    `confidence ${confidence.value} %${deduction ? `: ${deduction.reason}` : ''}`,
    ...(score.withExceptions === undefined ? [] : [`with accepted risks ${score.withExceptions}/100`]),
  ];
  const word = style.verdict(result.verdict)(result.verdict);
  return [
    ...hang(word, flowPhrases(figures, '   ', width - indent), indent),
    ...hang('', wrap(result.verdictWhy, width - indent), indent),
  ];
}

function topExposure(exposures: readonly Exposure[], result: AuditResult, width: number, style: Style): string[] {
  const title = style.heading('TOP EXPOSURE');
  if (exposures.length === 0) return [title, ...hang('', wrap(noExposure(result), width - 2), 2)];
  const rows = exposures.flatMap(({ what, note, witness = '', decidedBy = '', at = '' }) => [
    [what, note],
    [witness, decidedBy, at],
  ]);
  const aligned = align(rows, width - exposureIndent);
  const blocks = exposures.map(
    (exposure, index) => aligned?.slice(index * 2, index * 2 + 2) ?? stacked(exposure, width),
  );
  return [
    title,
    ...blocks.flatMap((lines, index) => {
      const { severity } = exposures[index] as Exposure;
      const label = `  ${index + 1} ${style.severity(severity)(severityLabel(severity))}`;
      return hang(
        label,
        lines.filter((line) => line !== ''),
        exposureIndent,
      );
    }),
  ];
}

function stacked({ what, note, witness, decidedBy, at }: Exposure, width: number): string[] {
  const columns = width - exposureIndent;
  const heading = `${oneLine(what)}   ${note}`;
  const noteFits = stringWidth(heading) <= columns;
  const facts = [decidedBy, at, noteFits ? undefined : note].filter((fact) => fact !== undefined);
  return [
    ...(noteFits ? [heading] : wrap(what, columns)),
    ...(witness ? wrap(witness, columns) : []),
    ...flowPhrases(facts, '   ', columns),
  ];
}

function noExposure({ findings, inventory }: AuditResult): string {
  if (inventory.workloads.length === 0) return 'none can be computed: the input holds no workload';
  return findings.length > 0
    ? 'none beyond what is accepted or informational'
    : 'none found; see what is still open below';
}

function doFirst(steps: readonly FirstStep[], width: number, style: Style): string[] {
  if (steps.length === 0) return [];
  const aligned = align(
    steps.map(({ what, effect, command = '' }) => [what, effect, command]),
    width - stepIndent,
  );
  return [
    style.heading('DO FIRST'),
    ...steps.flatMap((step, index) => {
      const line = aligned?.[index];
      const lines = line === undefined ? stackedStep(step, width - stepIndent) : [line];
      return hang(`  ${index + 1}`, lines, stepIndent);
    }),
  ];
}

function stackedStep({ what, effect, command }: FirstStep, columns: number): string[] {
  const indent = '  ';
  const rest = [...wrap(effect, columns - indent.length), ...(command ? [command] : [])];
  return [...wrap(what, columns), ...rest.map((line) => indent + line)];
}

function scorecard(dimensions: readonly Dimension[], width: number, style: Style): string[] {
  const names = new Map(dimensionMethod.map(({ id, short }) => [id, short]));
  const nameWidth = widest([...names.values()]);
  const cells = dimensions.map((dimension) => {
    const name = pad(names.get(dimension.id) ?? dimension.id, nameWidth);
    const ratings = dimension.status === 'UNKNOWN' ? '?' : `${dimension.configured}·${dimension.rating}`;
    return `${name} ${bar(dimension, style)} ${pad(ratings, 3)}`;
  });
  const legend = ['configured · proven, of 5', '█ proven  ▒ configured only'];
  return [
    ...hang(style.heading('SCORECARD'), flowPhrases(legend, '   ', width - 11), 11, style.faint),
    ...flow(cells, '   ', width - 2).map((line) => `  ${line}`.trimEnd()),
  ];
}

function bar({ rating, configured, status }: Dimension, style: Style): string {
  if (status === 'UNKNOWN') return style.faint('·····');
  const reached = Math.max(rating, configured);
  return (
    style.rating(configured)('█'.repeat(rating) + '▒'.repeat(reached - rating)) + style.faint('░'.repeat(5 - reached))
  );
}

function counts(result: AuditResult, width: number, style: Style): string[] {
  const open = openFindings(result);
  const accepted = acceptedFindings(result).length;
  const severities = severityCounts(open).map(({ severity, findings }) =>
    style.severity(severity)(`${findings} ${severity.toLowerCase()}`),
  );
  const findings = [
    open.length === 0 ? 'none open' : `${count(open.length, 'cause')}: ${severities.join(' · ')}`,
    ...(accepted > 0 ? [`+ ${number(accepted)} accepted`] : []),
  ].join('   ');
  const found = `${style.heading('FINDINGS')}  ${findings}`;
  const { proofs, open: unknowns } = nextProofs(result);
  const [best] = proofs;
  if (!best) return flowPhrases([found], ' ', width);
  const proof = `${style.heading('NEXT PROOF')}  ${style.code(best.command)}`;
  const gain = `(settles ${number(best.settles)} of ${count(unknowns, 'open conclusion')}${narrowsText(best)})`;
  const together = `${found}     ${proof} ${gain}`;
  if (stringWidth(together) <= width) return [together];
  // A long command stands whole, so that it can be copied.
  return [
    ...flowPhrases([found], ' ', width),
    ...flow([proof, gain], ' ', width).map((line, index) => (index === 0 ? line : `  ${line}`)),
  ];
}
