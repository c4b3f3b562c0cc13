import type { AuditResult } from '../../result/types.ts';
import { openFindings } from '../causes.ts';
import { narrowsText, nextProofs } from '../next-proof.ts';
import { mtlsText, postureText, principalShortener, reachedBy } from '../port-text.ts';
import { groupSubjects } from '../subjects.ts';
import { count, fewOf, number } from '../wording.ts';
import { align, flow, hang, wrap } from './layout.ts';
import type { Style } from './style.ts';

const indent = 11;
const shownErrors = 3;

/** What was checked, what could not be read, what this screen leaves out and how to see it. */
export function remainder(result: AuditResult, width: number, style: Style, verbose: boolean): string[] {
  const columns = width - indent;
  const section = (label: string, lines: readonly string[]) =>
    lines.length > 0 ? ['', ...hang(style.heading(label), lines, indent)] : [];
  return [
    ...section('CHECKED', wrap(checked(result), columns)),
    ...section('INPUT', diagnosticLines(result, columns)),
    ...(verbose ? [] : section('NOT SHOWN', notShown(result, columns))),
  ];
}

function checked({ rulesRun }: AuditResult): string {
  const sum = (pick: (run: AuditResult['rulesRun'][number]) => number) =>
    rulesRun.reduce((total, run) => total + pick(run), 0);
  const outcomes = [
    `${number(sum((run) => run.passed))} passed`,
    `${number(sum((run) => run.failed))} failed`,
    `${number(sum((run) => run.notApplicable))} not applicable`,
  ];
  return `${count(rulesRun.length, 'rule')} on ${count(
    sum((run) => run.checked),
    'subject',
  )}: ${outcomes.join(', ')}`;
}

function diagnosticLines({ diagnostics }: AuditResult, columns: number): string[] {
  if (diagnostics.length === 0) return [];
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const counts = (['error', 'warning', 'info'] as const).flatMap((severity) => {
    const amount = diagnostics.filter((each) => each.severity === severity).length;
    return amount === 0 ? [] : [severity === 'info' ? count(amount, 'note') : count(amount, severity)];
  });
  const shown = errors
    .slice(0, shownErrors)
    .flatMap(({ file, line, message }) => [
      `${file}:${line}`,
      ...wrap(message, columns - 2).map((text) => `  ${text}`),
    ]);
  const more = errors.length - shownErrors;
  return [
    `${counts.join(', ')} about the input`,
    ...shown,
    ...(more > 0 ? [`+${count(more, 'more error', 'more errors')}`] : []),
  ];
}

function notShown(result: AuditResult, columns: number): string[] {
  const { inventory, input, residual, paths } = result;
  const open = openFindings(result);
  const subjects = open.reduce((sum, finding) => sum + Math.max(0, groupSubjects(finding.subjects).length - 4), 0);
  const parts = [
    ...(inventory.workloads.length > 0 ? [`the inventory of ${count(inventory.workloads.length, 'workload')}`] : []),
    ...(open.length > 0 ? [`evidence, tests and rollback of ${count(open.length, 'finding')}`] : []),
    ...(subjects > 0 ? [count(subjects, 'further subject')] : []),
    ...(paths.length > 0 ? [`the hops of ${count(paths.length, 'path')}`] : []),
    ...(input.assumptions.length > 0 ? [count(input.assumptions.length, 'assumption')] : []),
    ...(residual.length > 0 ? [count(residual.length, 'open question')] : []),
  ];
  if (parts.length === 0) return [];
  return [
    ...wrap(parts.join('; '), columns),
    ...flow(['--verbose here', '--residual for what is open', '--out html=report.html for all'], ' · ', columns),
  ];
}

/** One line per workload port: who can reach it, and what stands in the way. */
export function inventoryLines(result: AuditResult, width: number, style: Style): string[] {
  const { workloads } = result.inventory;
  if (workloads.length === 0) return [];
  const short = principalShortener(result);
  const rows = workloads.flatMap((workload) => {
    const plane = `${workload.dataPlane.kind}${workload.dataPlane.status === 'UNKNOWN' ? '?' : ''}`;
    const ports = workload.ports.map((port) => {
      const callers = [...reachedBy(port), ...port.exposure.identities.map(short)];
      return [
        `${workload.id}:${port.port}`,
        plane,
        mtlsText(port),
        postureText(port),
        callers.length > 0 ? fewOf(callers, 4) : 'nobody',
      ];
    });
    return ports.length > 0 ? ports : [[workload.id, plane, '', 'no port', '']];
  });
  const header = ['WORKLOAD', 'DATA PLANE', 'mTLS', 'AUTHORIZATION', 'REACHED BY'];
  const aligned = align([header, ...rows], width, 2);
  const lines =
    aligned ??
    [header, ...rows].flatMap(([first = '', ...rest]) => [
      first,
      ...flow(rest.filter(Boolean), ' · ', width - 2).map((line) => `  ${line}`),
    ]);
  return ['', style.heading('PROTECTION INVENTORY'), ...lines];
}

/** Only what is open: unknowns with the command that settles each, what is assumed, and what confidence lost. */
export function residualLines(result: AuditResult, width: number, style: Style): string[] {
  const { proofs, open } = nextProofs(result);
  const { deductions } = result.confidence;
  const unknowns = proofs.flatMap((proof, index) =>
    hang(
      `  ${index + 1}`,
      [
        style.code(proof.command),
        `settles ${count(proof.settles, 'conclusion')}${narrowsText(proof)}:`,
        ...proof.unknowns.flatMap((question) => bullet(question, width - 4)),
      ],
      4,
    ),
  );
  return [
    style.heading('STILL OPEN'),
    ...(proofs.length > 0 ? [`  ${count(open, 'conclusion')}`, ...unknowns] : ['  nothing']),
    '',
    style.heading('ASSUMED'),
    ...(result.input.assumptions.length > 0
      ? result.input.assumptions.flatMap((text) => bullet(text, width - 2).map((line) => `  ${line}`))
      : ['  nothing']),
    '',
    style.heading(`CONFIDENCE ${result.confidence.value} %`),
    ...(deductions.length > 0
      ? deductions.flatMap(({ points, reason, remedy }) =>
          hang(`  −${points}`, [...wrap(reason, width - 7), ...wrap(remedy, width - 7).map(style.faint)], 7),
        )
      : ['  nothing lost']),
  ];
}

function bullet(text: string, columns: number): string[] {
  return hang('-', wrap(text, columns - 2), 2);
}
