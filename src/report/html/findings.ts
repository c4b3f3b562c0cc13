import { formatLocation } from '../../result/location.ts';
import type { Request } from '../../result/request.ts';
import type { AuditResult, Finding } from '../../result/types.ts';
import { acceptedFindings, extent, findingsByOwner, openFindings, type WorkloadOf } from '../causes.ts';
import { requestAsTest, requestFields } from '../request-text.ts';
import { groupSubjects, type SubjectGroup, subjectName } from '../subjects.ts';
import { count, number } from '../wording.ts';
import { at, block, bullets, code, folded, patchBlock, severityChip, table } from './marks.ts';
import { type Content, type Html, html, joined, link, prose } from './syntax.ts';

const shownSubjects = 8;
const shownPatches = 3;

/** Every finding, open ones by cause and then by owner, accepted ones apart. */
export function findings(result: AuditResult, workloadOf: WorkloadOf, anchor: (finding: Finding) => string): Html {
  const open = openFindings(result);
  const accepted = acceptedFindings(result);
  const severalClusters = result.inventory.clusters.length > 1;
  const show = (finding: Finding) => card(finding, anchor(finding), severalClusters);
  const linkTo = (finding: Finding) => html`<a href="#${anchor(finding)}">${prose(finding.title)}</a>`;
  const overview = table(
    'Findings by cause',
    ['Finding', 'Severity', 'Affected', 'Status', 'Owner'],
    open.map((finding) => [
      linkTo(finding),
      severityChip(finding.severity),
      extent([finding], workloadOf),
      finding.status,
      finding.owner ?? '',
    ]),
  );
  const owners = table(
    'Findings by owner',
    ['Owner', 'Findings'],
    findingsByOwner(open, workloadOf).map(({ owner, findings: owned }) => [
      owner ?? 'no owner known',
      html`${joined(
        owned.map((finding) => html`${severityChip(finding.severity)} ${linkTo(finding)}`),
        html`<br>`,
      )}`,
    ]),
  );
  return html`<section id="findings" aria-labelledby="findings-title"><h2 id="findings-title">Findings by cause</h2>
${overview ?? html`<p>None is open.</p>`}${open.map(show)}
${owners && html`<h3 id="owners">Findings by owner</h3>${owners}`}
${accepted.length > 0 && html`<h3 id="accepted">Accepted findings</h3><p class="muted">Accepted by exception. They stay in the score; the figure with accepted risks stands beside it.</p>${accepted.map(show)}`}
</section>`;
}

function card(finding: Finding, anchor: string, severalClusters: boolean): Html {
  const { severity, exception, witness, remediation, factors, scenario } = finding;
  const urgent = !exception && (severity === 'CRITICAL' || severity === 'HIGH');
  const patches = remediation.patches.map(patchBlock);
  const morePatches =
    patches.length > shownPatches &&
    folded(count(patches.length - shownPatches, 'more patch', 'more patches'), patches.slice(shownPatches));
  const change: Content = [
    remediation.steps.length > 0 && html`<ol>${remediation.steps.map((step) => html`<li>${prose(step)}</li>`)}</ol>`,
    patches.slice(0, shownPatches),
    morePatches,
  ];
  return html`<article class="card ${severity.toLowerCase()}" id="${anchor}" aria-labelledby="${anchor}-title">
<h3 id="${anchor}-title">${severityChip(severity)} ${prose(finding.title)}</h3>
<p class="marks">${marks(finding).map((mark) => html`<span>${mark}</span>`)}</p>
${exception && html`<p><strong>Accepted:</strong> ${prose(exception.reason)}${exception.owner && `, by ${exception.owner}`}${exception.until && `, until ${exception.until}`}</p>`}
<p><span class="label">Impact:</span> ${prose(finding.impact)}</p>${scenario && html`<p><span class="label">Attack:</span> ${prose(scenario)}</p>`}
${witness && html`<h4>Witness: a request that passes</h4>${requestBlock(witness)}`}
<h4>Affected</h4>${affected(groupSubjects(finding.subjects), severalClusters)}
<h4>Fix</h4><p class="what">${prose(remediation.summary)}</p>
${(remediation.steps.length > 0 || patches.length > 0) && folded('Steps and patch', change, urgent)}
${folded('Test and roll back', checks(finding))}
${folded('Evidence', bullets(finding.evidence.map(evidenceItem)) || 'None listed.')}
${folded('Why this severity, references, controls', [
  factors.length > 0 && html`<h4>Severity because of</h4>${bullets(factors.map(prose))}`,
  finding.controls.length > 0 && html`<h4>Supports evidence for</h4><p>${finding.controls.join(', ')}</p>`,
  finding.references.length > 0 && html`<h4>References</h4>${bullets(finding.references.map(link))}`,
  html`<p class="small muted">fingerprint ${code(finding.fingerprint)}</p>`,
])}</article>`;
}

function marks({ id, status, confidence, enforcement, owner }: Finding): Content[] {
  return [
    code(id),
    status,
    `${confidence} confidence`,
    `enforcement observed: ${enforcement}`,
    ...(owner ? [`owner ${owner}`] : []),
  ];
}

function requestBlock(request: Request): Html {
  return html`<dl class="request mono">${requestFields(request).map(([label, text]) => html`<dt>${label}</dt><dd>${text}</dd>`)}</dl><div class="again">${folded('as a policy test', block(requestAsTest(request), 'Policy test'))}</div>`;
}

function affected(groups: readonly SubjectGroup[], severalClusters: boolean): Content {
  const item = (group: SubjectGroup) =>
    html`<li><span>${subjectName(group, severalClusters)}</span>${at(group.location)}</li>`;
  const list = (shown: readonly SubjectGroup[]) => html`<ul class="affected">${shown.map(item)}</ul>`;
  const rest = groups.slice(shownSubjects);
  return [list(groups.slice(0, shownSubjects)), rest.length > 0 && folded(`${number(rest.length)} more`, list(rest))];
}

function checks({ validation, rollback }: Finding): Content {
  return [
    validation.positive.length > 0 &&
      html`<h4>Must still pass</h4>${block(validation.positive.join('\n'), 'Positive tests')}`,
    validation.negative.length > 0 &&
      html`<h4>Must be refused</h4>${block(validation.negative.join('\n'), 'Negative tests')}`,
    rollback && html`<h4>Roll back</h4><p>${prose(rollback)}</p>`,
  ];
}

function evidenceItem({ source, path, value, shows, at: seenAt }: Finding['evidence'][number]): Html {
  const seen = [path, value].filter((part) => part !== undefined).map(code);
  return html`${prose(shows)}${seenAt && ` (${seenAt})`}<br><code class="place">${formatLocation(source)}</code> ${joined(seen, ' = ')}`;
}
