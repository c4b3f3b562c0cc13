import { dimensionMethod } from '../../result/method.ts';
import type { AuditResult } from '../../result/types.ts';
import { namespacesOf } from '../headline.ts';
import { count, number, place } from '../wording.ts';
import { bullets, code, prose, folded, table } from './syntax.ts';

/** What was read and what was not, and what is assumed for lack of it. */
export function scope(result: AuditResult): string[] {
  const { input, diagnostics } = result;
  const version = input.istioVersion;
  const kinds = Object.entries(input.counts).sort(([a], [b]) => (a < b ? -1 : 1));
  const namespaces = namespacesOf(result);
  const sources = table(
    ['Source', 'Kind', 'Documents', 'SHA-256'],
    input.sources.map(({ name, kind, documents, sha256 }) => [
      code(name),
      prose(kind),
      number(documents),
      code(sha256.slice(0, 16)),
    ]),
  );
  return [
    '## Scope and evidence',
    ...bullets([
      `Istio: ${version ? `${prose(version.value)}, by ${prose(version.by)}` : 'version unknown'}`,
      `Namespaces (${namespaces.length}): ${namespaces.map(prose).join(', ') || 'none'}`,
      `Taken as complete for: ${input.scope.complete.map(prose).join(', ') || 'nothing'}`,
      `Objects: ${kinds.map(([kind, amount]) => `${prose(kind)} ${number(amount)}`).join(', ') || 'none'}`,
    ]),
    ...(input.sources.length > 20 ? folded(count(input.sources.length, 'source'), sources) : sources),
    '### Mesh config in force',
    ...table(
      ['Field', 'Value', 'From'],
      input.meshConfig.map(({ field, value, from, location }) => [
        code(field),
        code(value),
        `${prose(from)}${location ? ` at ${code(place(location))}` : ''}`,
      ]),
    ),
    '### Assumed, because the input does not show it',
    ...(input.assumptions.length > 0 ? bullets(input.assumptions.map(prose)) : ['Nothing.']),
    '### Left out or read with doubt',
    ...(diagnostics.length > 0
      ? table(
          ['Severity', 'Where', 'What', 'What to do'],
          diagnostics.map(({ severity, file, line, message, help }) => [
            severity,
            code(`${file}:${line}`),
            prose(message),
            prose(help),
          ]),
        )
      : ['Nothing.']),
  ];
}

/** The eight dimensions with both ratings, the coverage they follow from, and the next rung. */
export function scorecard({ dimensions, score }: AuditResult): string[] {
  const names = new Map(dimensionMethod.map(({ id, name }) => [id, name]));
  return [
    '## Scorecard',
    ...table(
      ['Dimension', 'Weight', 'Configured (0–5)', 'Proven (0–5)', 'Points', 'Status', 'Coverage', 'Next rung'],
      dimensions.map(({ id, weight, rating, configured, weighted, status, coverage, next }) => [
        names.get(id) ?? id,
        String(weight),
        String(configured),
        String(rating),
        String(Math.round(weighted * 10) / 10),
        status,
        coverage.map(({ what, have, of }) => `${number(have)} of ${number(of)} ${prose(what)}`).join('<br>'),
        prose(next),
      ]),
    ),
    ...(score.cappedBy && score.cappedBy.length > 0
      ? [`An open CRITICAL caps the score: ${score.cappedBy.map(code).join(', ')}.`]
      : []),
    'How ratings, weights and caps make the figures: [method](#appendix-method).',
  ];
}
