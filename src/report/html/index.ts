import { createHash } from 'node:crypto';
import type { AuditResult } from '../../result/types.ts';
import { findingAnchors } from '../anchors.ts';
import { acceptedFindings, indexWorkloads, openFindings } from '../causes.ts';
import { headline } from '../headline.ts';
import type { Renderer } from '../renderer.ts';
import { toPrintable } from '../printable.ts';
import { number } from '../wording.ts';
import { findings } from './findings.ts';
import { inventory } from './inventory.ts';
import { bullets } from './marks.ts';
import { method } from './method.ts';
import { paths } from './paths.ts';
import { plan, residual } from './plan.ts';
import { scope, scorecard } from './scope.ts';
import { script } from './script.ts';
import { style } from './style.ts';
import { summary, verdictPanel } from './summary.ts';
import { type Content, type Html, html, prose } from './syntax.ts';
import { traffic } from './traffic.ts';

/** The whole report as one file: loads nothing, runs nothing but the script whose hash it names, and reads without it. */
export const renderHtml: Renderer = (raw, { residualOnly }) => {
  const result = toPrintable(raw);
  return residualOnly ? document(result, residualSections(result)) : document(result, allSections(result));
};

interface Section {
  readonly id: string;
  readonly name: string;
  readonly count?: number;
  readonly content: Html;
}

function allSections(result: AuditResult): Section[] {
  const workloadOf = indexWorkloads(result);
  const open = openFindings(result);
  const anchor = findingAnchors([...open, ...acceptedFindings(result)]);
  return [
    { id: 'summary', name: 'Summary', content: summary(result, workloadOf, anchor) },
    { id: 'scope', name: 'Scope and evidence', content: scope(result) },
    { id: 'scorecard', name: 'Scorecard', content: scorecard(result) },
    { id: 'inventory', name: 'Inventory', count: result.inventory.workloads.length, content: inventory(result) },
    ...(result.traffic
      ? [{ id: 'traffic', name: 'Traffic seen', count: result.traffic.edges, content: traffic(result.traffic) }]
      : []),
    { id: 'findings', name: 'Findings', count: open.length, content: findings(result, workloadOf, anchor) },
    { id: 'paths', name: 'Attack paths', count: result.paths.length, content: paths(result) },
    { id: 'plan', name: 'Remediation plan', content: plan(result) },
    { id: 'residual', name: 'Residual risk', content: residual(result) },
    { id: 'method', name: 'Method', content: method(result) },
  ];
}

function residualSections(result: AuditResult): Section[] {
  const assumed = bullets(result.input.assumptions.map(prose)) || html`<p>Nothing.</p>`;
  return [
    { id: 'summary', name: 'Summary', content: html`<section id="summary">${verdictPanel(result)}</section>` },
    { id: 'residual', name: 'Residual risk', content: residual(result) },
    { id: 'assumed', name: 'Assumed', content: html`<section id="assumed"><h2>Assumed</h2>${assumed}</section>` },
  ];
}

function document(result: AuditResult, sections: readonly Section[]): string {
  const [mesh = '', ...facts] = headline(result);
  const { tool } = result;
  const policy = [
    "default-src 'none'",
    `style-src '${hashOf(style)}'`,
    `script-src '${hashOf(script)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const entry = ({ id, name, count }: Section): Content =>
    html`<li><a href="#${id}">${name}${count !== undefined && html` <span class="count">${number(count)}</span>`}</a></li>`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="${tool.name} ${tool.version}">
<title>${result.verdict}: mesh audit of ${mesh}</title>
<style>${{ html: style }}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
<header class="top"><h1><small>Mesh audit</small>${mesh}</h1><ul class="facts">${facts.map((fact) => html`<li>${fact}</li>`)}</ul></header>
<div class="layout">
<nav aria-label="Sections"><ol>${sections.map(entry)}</ol></nav>
<main id="main" tabindex="-1">
${sections.map(
  ({ content }) => html`${content}
`,
)}</main>
</div>
<footer>${tool.name} ${tool.version}, rules ${tool.rulesVersion}, method ${tool.methodVersion}. The same result as JSON holds every value.</footer>
<script>${{ html: script }}</script>
</body>
</html>
`.html;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
