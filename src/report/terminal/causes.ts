import { formatLocation } from '../../result/location.ts';
import type { AuditResult, Finding } from '../../result/types.ts';
import { acceptedFindings, openFindings } from '../causes.ts';
import { requestLine } from '../request-text.ts';
import { groupSubjects, subjectName } from '../subjects.ts';
import { number, place } from '../wording.ts';
import { flow, hang, wrap } from './layout.ts';
import { type Style, severityLabel } from './style.ts';

const indent = 12;
const shownSubjects = 4;

/** All open findings, worst first, and apart from them those that somebody accepted. */
export function causes(result: AuditResult, width: number, style: Style, verbose: boolean): string[] {
  const severalClusters = result.inventory.clusters.length > 1;
  const open = openFindings(result);
  const accepted = acceptedFindings(result);
  const show = (finding: Finding) => ['', ...cause(finding, { width, style, verbose, severalClusters })];
  return [
    ...(open.length > 0 ? ['', style.heading('FINDINGS BY CAUSE'), ...open.flatMap(show)] : []),
    ...(accepted.length > 0 ? ['', style.heading('ACCEPTED (still in the score)'), ...accepted.flatMap(show)] : []),
  ];
}

interface View {
  readonly width: number;
  readonly style: Style;
  readonly verbose: boolean;
  readonly severalClusters: boolean;
}

function cause(finding: Finding, view: View): string[] {
  const { width, style, verbose } = view;
  const columns = width - indent;
  const text = (label: string, value: string | undefined) =>
    value ? hang(`  ${label}`, wrap(value, columns), indent) : [];
  const list = (label: string, values: readonly string[]) =>
    values.flatMap((value, index) => text(index === 0 ? label : '', value));
  const severity = style.severity(finding.severity)(severityLabel(finding.severity));
  const { exception, remediation } = finding;
  return [
    ...hang(severity, wrap(finding.title, columns), indent, style.strong),
    ...hang('', flow(marks(finding), ' · ', columns), indent, style.faint),
    ...(exception ? text('accepted', exceptionText(exception)) : []),
    ...text('impact', finding.impact),
    ...(verbose ? [...text('attack', finding.scenario), ...list('why', finding.factors)] : []),
    ...text('witness', finding.witness && requestLine(finding.witness)),
    ...subjects(finding, view),
    ...(verbose ? list('evidence', finding.evidence.map(evidenceText)) : []),
    ...text('fix', remediation.summary),
    ...(verbose ? details(finding, view) : []),
  ];
}

function marks({ id, status, confidence, enforcement, owner }: Finding): string[] {
  return [
    id,
    status,
    `${confidence} confidence`,
    ...(enforcement === 'not tested' ? [] : [`enforcement observed: ${enforcement}`]),
    ...(owner ? [`owner ${owner}`] : []),
  ];
}

function exceptionText({ reason, owner, until }: NonNullable<Finding['exception']>): string {
  return [reason, ...(owner ? [`by ${owner}`] : []), ...(until ? [`until ${until}`] : [])].join(', ');
}

function subjects(finding: Finding, { width, style, verbose, severalClusters }: View): string[] {
  const groups = groupSubjects(finding.subjects);
  const shown = verbose ? groups : groups.slice(0, shownSubjects);
  const lines = shown.flatMap((group) => {
    const name = subjectName(group, severalClusters);
    return flow([name, place(group.location)], '   ', width - indent).map((line) =>
      line.replace(place(group.location), style.place),
    );
  });
  const more = groups.length - shown.length;
  return hang('  at', more > 0 ? [...lines, style.faint(`+${number(more)} more`)] : lines, indent);
}

function evidenceText({ source, path, value, shows, at }: Finding['evidence'][number]): string {
  const seen = [path, value].filter((part) => part !== undefined).join(' = ');
  return `${formatLocation(source)}${seen ? `  ${seen}` : ''}: ${shows}${at ? ` (${at})` : ''}`;
}

/** Commands, patches and links are shown as they are, never wrapped: they are there to be copied. */
function details({ remediation, validation, rollback, references, controls }: Finding, { width }: View): string[] {
  const raw = (label: string, lines: readonly string[]) =>
    hang(
      `  ${label}`,
      lines.flatMap((line) => line.split('\n')),
      indent,
    );
  return [
    ...remediation.steps.flatMap((step, index) =>
      hang(`  ${index === 0 ? 'steps' : ''}`, wrap(`${index + 1}. ${step}`, width - indent), indent),
    ),
    ...remediation.patches.flatMap(({ file, kind, diff }) =>
      raw('patch', [`${file}${kind === 'new' ? ' (new)' : ''}`, ...diff.trimEnd().split('\n')]),
    ),
    ...raw('passes', validation.positive),
    ...raw('fails', validation.negative),
    ...raw('undo', [rollback]),
    ...raw('see', references),
    ...(controls.length > 0
      ? hang('  controls', wrap(`supports evidence for ${controls.join(', ')}`, width - indent), indent)
      : []),
  ];
}
