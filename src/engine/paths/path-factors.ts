import { type SeverityJudgement, severityOf } from '../../findings/severity.ts';
import type { AttackPath } from '../../graph/attack/attack-path.ts';
import { isGateway } from '../../graph/attack/label.ts';
import type { Facts } from '../../graph/facts.ts';
import type { AttackPath as PathResult } from '../../result/types.ts';
import type { Factors } from '../../rules/rule.ts';

/** Severity by the table of the method; what the business needs is an observation. */
export function judgePath(facts: Facts, path: AttackPath, requires: readonly string[]): SeverityJudgement {
  if (path.kind === 'inherent')
    return { severity: 'INFORMATIONAL', factors: ['every hop is wanted, and no broader than wanted: INFORMATIONAL'] };
  return severityOf(factorsOf(facts, path, requires));
}

function factorsOf(facts: Facts, path: AttackPath, requires: readonly string[]): Factors {
  return {
    entry: entryOf(path),
    requires,
    breaches: path.cost.breaches,
    sensitivity: path.asset.level,
    compensations: [],
    stated: isStated(facts, path),
    defenceInDepth: false,
  };
}

/** From where it starts; of a workload that somebody holds, who else could start it: those whom the first excess lets in. */
function entryOf({ from, hops }: AttackPath): Factors['entry'] {
  if (from.kind === 'internet') return 'internet';
  if (from.kind === 'pod-outside-mesh' || from.kind === 'node-network') return 'plaintext';
  const who = hops.find(({ excess }) => excess)?.who;
  if (who === 'anyone') return 'plaintext';
  return who === 'any-identity' ? 'any-identity' : 'named-identities';
}

/** Wanted traffic is declared for where the first excess leads, so that it is certain to be one. Of rights nobody declares anything. */
function isStated(facts: Facts, { hops }: AttackPath): boolean {
  const to = hops.find(({ excess, to: at }) => excess && !isGateway(at))?.to;
  return to?.kind === 'workload' && facts.wanted.isStated(to.workload);
}

/** Low: something missing may turn it over, or a guess about the asset decided its severity. Medium: it rests on an assumption. */
export function confidenceOf(
  facts: Facts,
  path: AttackPath,
  { requires, assumes }: { readonly requires: readonly string[]; readonly assumes: readonly string[] },
): PathResult['confidence'] {
  if (path.hops.some(({ verdict }) => verdict === 'unknown')) return 'low';
  if (path.kind === 'excess' && path.asset.basis === 'inferred' && path.to.kind === 'workload') {
    const factors = factorsOf(facts, path, requires);
    if (severityOf({ ...factors, sensitivity: 'medium' }).severity !== severityOf(factors).severity) return 'low';
  }
  return assumes.length > 0 || path.asset.basis === 'unknown' ? 'medium' : 'high';
}
