import type { AttackPath, Hop } from '../../graph/attack/attack-path.ts';
import type { Foothold } from '../../graph/attack/foothold.ts';
import type { Facts } from '../../graph/facts.ts';
import type { EvidenceStatus } from '../../result/status.ts';
import type { AttackPath as PathResult } from '../../result/types.ts';
import { describeRequirement } from '../describe-requirement.ts';
import { controlsOn } from './controls-on.ts';
import { confidenceOf, judgePath } from './path-factors.ts';

type Node = PathResult['from'];

/** A path as the result shows it. */
export function pathResult(facts: Facts, path: AttackPath, rank: number): PathResult {
  const { id, kind, from, to, asset, hops, cost, cause, others } = path;
  const requires = unique(hops.flatMap((hop) => [...hop.requires.map(describeRequirement), ...hop.demands]));
  const assumes = unique(hops.flatMap((hop) => hop.assumes));
  const { severity, factors } = judgePath(facts, path, requires);
  return {
    id,
    rank,
    severity,
    factors,
    kind,
    from: nodeOf(from),
    to: nodeOf(to),
    asset: asset.why,
    sensitivity: { level: asset.level, basis: asset.basis, status: STATUS[asset.basis] },
    ...(cause ? { cause } : {}),
    requires,
    assumes,
    breaches: cost.breaches,
    depth: cost.depth,
    hops: hops.map(hopResult),
    controls: controlsOn(facts, path),
    result: hops.some(({ verdict }) => verdict === 'unknown') ? 'UNKNOWN' : 'ALLOWED',
    confidence: confidenceOf(facts, path, { requires, assumes }),
    folded: others,
  };
}

const STATUS: Readonly<Record<AttackPath['asset']['basis'], EvidenceStatus>> = {
  declared: 'VERIFIED',
  label: 'INFERRED',
  inferred: 'INFERRED',
  unknown: 'UNKNOWN',
};

function hopResult(hop: Hop): PathResult['hops'][number] {
  const { from, to, port, pivot, how, why, identity, witness, verdict, by, excess, cause, technique, status } = hop;
  return {
    from: nodeOf(from),
    to: nodeOf(to),
    ...(port === undefined ? {} : { port }),
    pivot,
    ...(how === undefined ? {} : { how }),
    why,
    ...(identity === undefined ? {} : { identity }),
    ...(witness ? { witness } : {}),
    verdict,
    by,
    excess,
    ...(cause ? { cause } : {}),
    ...(technique === undefined ? {} : { technique }),
    status,
  };
}

function nodeOf(foothold: Foothold): Node {
  switch (foothold.kind) {
    case 'workload':
      return { kind: 'workload', workload: foothold.workload.id };
    case 'identity':
      return {
        kind: 'identity',
        name: foothold.principal,
        ...(foothold.holder ? { workload: foothold.holder.id } : {}),
      };
    case 'node':
      return { kind: 'node', name: foothold.name, workload: foothold.of.id };
    case 'tier0':
      return {
        kind: 'tier0',
        name: foothold.name,
        ...(foothold.workload ? { workload: foothold.workload.id } : {}),
      };
    default:
      return { kind: foothold.kind };
  }
}

const unique = (items: readonly string[]): readonly string[] => [...new Set(items)];
