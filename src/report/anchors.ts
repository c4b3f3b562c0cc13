import type { Finding } from '../result/types.ts';

/** A stable, safe anchor for each finding: its rule and, from the second on, a number. */
export function findingAnchors(findings: readonly Finding[]): (finding: Finding) => string {
  const seen = new Map<string, number>();
  const anchors = new Map<Finding, string>();
  for (const finding of findings) {
    const slug = finding.id.toLowerCase().replace(/[^a-z0-9]+/g, '-');
    const nth = (seen.get(slug) ?? 0) + 1;
    seen.set(slug, nth);
    anchors.set(finding, `finding-${slug}${nth === 1 ? '' : `-${nth}`}`);
  }
  return (finding) => anchors.get(finding) ?? '';
}
