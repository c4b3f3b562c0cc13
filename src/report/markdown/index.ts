import { indexWorkloads } from '../causes.ts';
import { headline } from '../headline.ts';
import type { Renderer } from '../renderer.ts';
import { toPrintable } from '../printable.ts';
import { findings } from './findings.ts';
import { inventory } from './inventory.ts';
import { method } from './method.ts';
import { paths } from './paths.ts';
import { plan, residual } from './plan.ts';
import { scope, scorecard } from './scope.ts';
import { summary } from './summary.ts';
import { bullets, prose } from './syntax.ts';
import { traffic } from './traffic.ts';

/** The whole report as Markdown (GitHub's). */
export const renderMarkdown: Renderer = (raw, { residualOnly }) => {
  const result = toPrintable(raw);
  const workloadOf = indexWorkloads(result);
  const title = `# Mesh audit: ${prose(headline(result)[0] ?? '')}`;
  const blocks = residualOnly
    ? [
        title,
        `**${result.verdict}**: ${prose(result.verdictWhy)}`,
        ...residual(result),
        '## Assumed',
        ...(result.input.assumptions.length > 0 ? bullets(result.input.assumptions.map(prose)) : ['Nothing.']),
      ]
    : [
        title,
        ...summary(result, workloadOf),
        ...scope(result),
        ...scorecard(result),
        ...inventory(result),
        ...traffic(result),
        ...findings(result, workloadOf),
        ...paths(result),
        ...plan(result),
        ...residual(result),
        ...method(result),
      ];
  return `${blocks.join('\n\n')}\n`;
};
