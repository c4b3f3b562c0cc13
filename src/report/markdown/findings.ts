import { formatLocation } from '../../result/location.ts';
import type { AuditResult, Finding, Patch } from '../../result/types.ts';
import { findingAnchors } from '../anchors.ts';
import { acceptedFindings, findingsByOwner, openFindings, type WorkloadOf } from '../causes.ts';
import { requestAsTest, requestFields } from '../request-text.ts';
import { groupSubjects, subjectName } from '../subjects.ts';
import { count, number, place } from '../wording.ts';
import { bullets, code, prose, fenced, folded, link, numbered, table } from './syntax.ts';

const shownSubjects = 20;

/** Every finding, open ones by cause and then by owner, accepted ones apart. */
export function findings(result: AuditResult, workloadOf: WorkloadOf): string[] {
  const open = openFindings(result);
  const accepted = acceptedFindings(result);
  const anchor = findingAnchors([...open, ...accepted]);
  const severalClusters = result.inventory.clusters.length > 1;
  const show = (finding: Finding) => cause(finding, anchor(finding), severalClusters);
  const owners = findingsByOwner(open, workloadOf).map(({ owner, findings: owned }) => [
    owner === undefined ? 'no owner known' : prose(owner),
    owned.map((finding) => `[${finding.severity} ${prose(finding.title)}](#${anchor(finding)})`).join('<br>'),
  ]);
  return [
    '## Findings by cause',
    ...(open.length > 0 ? open.flatMap(show) : ['None is open.']),
    ...(owners.length > 0 ? ['## Findings by owner', ...table(['Owner', 'Findings'], owners)] : []),
    ...(accepted.length > 0
      ? [
          '## Accepted findings',
          'Accepted by exception. They stay in the score; the figure with accepted risks stands beside it.',
          ...accepted.flatMap(show),
        ]
      : []),
  ];
}

function cause(finding: Finding, anchor: string, severalClusters: boolean): string[] {
  const { exception, witness, remediation, validation } = finding;
  const subjects = groupSubjects(finding.subjects).map(
    (group) => `${code(subjectName(group, severalClusters))} at ${code(place(group.location))}`,
  );
  return [
    `<a id="${anchor}"></a>`,
    `### ${finding.severity}: ${prose(finding.title)}`,
    marks(finding),
    ...(exception
      ? [
          `**Accepted**: ${prose(exception.reason)}${exception.owner ? `, by ${prose(exception.owner)}` : ''}${exception.until ? `, until ${prose(exception.until)}` : ''}`,
        ]
      : []),
    `**Impact**: ${prose(finding.impact)}`,
    ...(finding.scenario ? [`**Attack**: ${prose(finding.scenario)}`] : []),
    ...(finding.factors.length > 0 ? [`**Severity because of**: ${finding.factors.map(prose).join('; ')}`] : []),
    ...(witness
      ? [
          '**Witness**: a request that passes',
          fenced(
            requestFields(witness)
              .map(([label, text]) => `${label.padEnd(12)}${text}`)
              .join('\n'),
          ),
          ...folded('as a policy test', [fenced(requestAsTest(witness), 'json')]),
        ]
      : []),
    `**Affected** (${number(subjects.length)}):`,
    ...bullets(subjects.slice(0, shownSubjects)),
    ...folded(`${number(subjects.length - shownSubjects)} more`, bullets(subjects.slice(shownSubjects))),
    ...(finding.evidence.length > 0 ? ['**Evidence**:', ...bullets(finding.evidence.map(evidenceLine))] : []),
    `**Remediation**: ${prose(remediation.summary)}`,
    ...numbered(remediation.steps.map(prose)),
    ...remediation.patches.flatMap(patch),
    ...(validation.positive.length > 0 ? ['**Must still pass**:', fenced(validation.positive.join('\n'), 'sh')] : []),
    ...(validation.negative.length > 0 ? ['**Must be refused**:', fenced(validation.negative.join('\n'), 'sh')] : []),
    ...(finding.rollback ? [`**Rollback**: ${prose(finding.rollback)}`] : []),
    ...(finding.controls.length > 0 ? [`**Supports evidence for**: ${finding.controls.map(prose).join(', ')}`] : []),
    ...(finding.references.length > 0 ? ['**References**:', ...bullets(finding.references.map(link))] : []),
  ];
}

function marks({ id, status, confidence, enforcement, owner, subjects, fingerprint }: Finding): string {
  return [
    code(id),
    status,
    `${confidence} confidence`,
    `enforcement observed: ${enforcement}`,
    ...(owner ? [`owner ${prose(owner)}`] : []),
    count(subjects.length, 'subject'),
    `fingerprint ${code(fingerprint)}`,
  ].join(' · ');
}

function evidenceLine({ source, path, value, shows, at }: Finding['evidence'][number]): string {
  const seen = [path, value].filter((part) => part !== undefined).map(code);
  return `${code(formatLocation(source))}${seen.length > 0 ? ` ${seen.join(' = ')}` : ''}: ${prose(shows)}${at ? ` (${prose(at)})` : ''}`;
}

export function patch({ file, kind, diff }: Patch): string[] {
  return [`${kind === 'new' ? 'New file' : 'Change'} ${code(file)}:`, fenced(diff, 'diff')];
}
