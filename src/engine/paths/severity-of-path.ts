import type { AttackPath } from '../../graph/attack/attack-path.ts';
import type { Facts } from '../../graph/facts.ts';
import type { Severity } from '../../result/status.ts';
import { judgePath } from './path-factors.ts';

const SEVERITIES = new WeakMap<AttackPath, Severity>();

/** How bad a path is; worked out once. */
export function severityOfPath(facts: Facts, path: AttackPath): Severity {
  let severity = SEVERITIES.get(path);
  if (!severity) {
    const requires = path.hops.flatMap((hop) => [...hop.requires.map(({ kind }) => kind), ...hop.demands]);
    severity = judgePath(facts, path, [...new Set(requires)]).severity;
    SEVERITIES.set(path, severity);
  }
  return severity;
}
