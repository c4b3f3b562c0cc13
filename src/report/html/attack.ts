import type { AuditResult } from '../../result/types.ts';
import { causeName } from '../exposures.ts';
import { count, number } from '../wording.ts';
import { at, code, severityChip, table } from './marks.ts';
import { type Content, html, joined } from './syntax.ts';

/** Objects and workloads that most paths go through: what one change closes at most. */
export function chokePoints({ attack }: AuditResult): Content {
  const points = attack?.chokePoints ?? [];
  const rows = points.map(({ kind, cause, workload, paths, assets, severity }) => [
    cause ? html`${code(causeName(cause))} ${at(cause.location)}` : code(workload ?? ''),
    kind === 'cause' ? 'to change' : 'on the way',
    number(paths),
    number(assets),
    severityChip(severity),
  ]);
  return (
    rows.length > 0 &&
    html`<h3>Choke points</h3><p>What most paths have in common; ways that a path stands for are counted.</p>${table(
      'Choke points',
      ['Object or workload', 'Role', { name: 'Paths', numeric: true }, { name: 'Assets', numeric: true }, 'Worst'],
      rows,
    )}`
  );
}

/** The workloads whose takeover costs most. */
export function blastRadius({ attack }: AuditResult): Content {
  const rows = (attack?.blastRadius ?? []).map(({ workload, workloads, excess, assets, moreAssets, pivots }) => [
    code(workload),
    number(workloads),
    number(excess),
    html`${joined(
      assets
        .slice(0, 4)
        .map(
          (asset) =>
            html`${code(asset.workload)} ${asset.level}${asset.excess && html` <strong class="tone bad">excess</strong>`}`,
        ),
      html`<br>`,
    )}${assets.length + moreAssets > 4 && html`<br>and ${number(assets.length + moreAssets - 4)} more`}`,
    joined(pivots.slice(0, 3), html`<br>`),
  ]);
  return (
    rows.length > 0 &&
    html`<h3>Blast radius</h3><p>What somebody may send requests to, or become, who controls a workload: the ${count(rows.length, 'workload')} that would cost most.</p>${table(
      'Blast radius',
      ['Workload', { name: 'Reaches', numeric: true }, { name: 'Excess', numeric: true }, 'Assets', 'Rights and node'],
      rows,
    )}`
  );
}
