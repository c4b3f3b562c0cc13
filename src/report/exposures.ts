import type { Location } from '../result/location.ts';
import type { Severity } from '../result/status.ts';
import type { AttackPath, AuditResult, Finding } from '../result/types.ts';
import { extent, openFindings, type WorkloadOf } from './causes.ts';
import { requestLine } from './request-text.ts';
import { byName, count, place } from './wording.ts';

/** One line of "top exposure": what is open, shown by which request, decided by which object where. */
export interface Exposure {
  readonly severity: Severity;
  readonly what: string;
  /** How far it goes: hops and breaches of a path, extent of a finding. */
  readonly note: string;
  readonly witness?: string;
  readonly decidedBy?: string;
  readonly at?: string;
  /** What it was made from: a path or a finding of the result. */
  readonly of: { readonly path: AttackPath } | { readonly finding: Finding };
}

/** The worst first: attack paths by rank; findings as long as no path is computed. */
export function topExposures(result: AuditResult, workloadOf: WorkloadOf, limit: number): Exposure[] {
  const paths = openPaths(result).slice(0, limit);
  if (paths.length > 0) return paths.map(exposureOfPath);
  return openFindings(result)
    .filter(({ severity }) => severity !== 'INFORMATIONAL')
    .slice(0, limit)
    .map((finding) => exposureOfFinding(finding, workloadOf));
}

/** Paths that should not be there and may be, best for the attacker first. */
export function openPaths(result: AuditResult): AttackPath[] {
  return result.paths
    .filter(({ kind, result: outcome }) => kind === 'excess' && outcome !== 'DENIED')
    .toSorted((a, b) => a.rank - b.rank);
}

function exposureOfPath(path: AttackPath): Exposure {
  const excess = path.hops.find((hop) => hop.excess);
  const decidedBy = excess?.cause ?? excess?.by;
  return {
    severity: path.severity,
    what: pathLine(path),
    note: pathNote(path),
    ...(excess?.witness ? { witness: requestLine(excess.witness) } : {}),
    ...(decidedBy ? { decidedBy: byName(decidedBy), at: place(decidedBy.location) } : {}),
    of: { path },
  };
}

/** `internet → shop/web → payments/ledger (cardholder data)` */
export function pathLine(path: AttackPath): string {
  const stops = [path.from, ...path.hops.map(({ to }) => to)].map(nodeName);
  return `${stops.join(' → ')}${path.asset ? ` (${path.asset})` : ''}`;
}

/** `2 hops, excess at hop 2, no breach needed` */
export function pathNote(path: AttackPath): string {
  const excess = path.hops.flatMap((hop, index) => (hop.excess ? [index + 1] : []));
  return [
    count(path.hops.length, 'hop'),
    ...(excess.length > 0 ? [`excess at hop ${excess.join(' and ')}`] : []),
    path.breaches === 0 ? 'no breach needed' : `${count(path.breaches, 'breach', 'breaches')} needed`,
    ...(path.requires.length > 0 ? [`needs ${path.requires.join(' and ')}`] : []),
    ...(path.result === 'UNKNOWN' ? ['conditional'] : []),
    ...(path.folded > 0 ? [`+${path.folded} like it`] : []),
  ].join(', ');
}

const nodeNames = {
  internet: 'internet',
  'node-network': 'node network',
  'pod-outside-mesh': 'any pod outside the mesh',
  workload: 'a workload',
  node: 'a node',
  identity: 'an identity',
  external: 'outside',
  tier0: 'tier 0',
} as const;

export function nodeName({ kind, workload, name }: AttackPath['from']): string {
  return workload ?? name ?? nodeNames[kind];
}

function exposureOfFinding(finding: Finding, workloadOf: WorkloadOf): Exposure {
  const [first] = finding.subjects;
  return {
    severity: finding.severity,
    what: finding.title,
    note: `${extent([finding], workloadOf)}${finding.status === 'UNKNOWN' ? ', conditional' : ''}`,
    ...(finding.witness ? { witness: requestLine(finding.witness) } : {}),
    ...(first
      ? {
          decidedBy: byName(first),
          at: place(workloadOf(first) ? first.location : decidingPlace(finding, first.location)),
        }
      : {}),
    of: { finding },
  };
}

/** Evidence inside the object at fault points to the very field; else the object has to do. */
function decidingPlace({ evidence }: Finding, object: Location): Location {
  if (!('file' in object)) return object;
  const inside = ({ source }: Finding['evidence'][number]) =>
    'file' in source && source.file === object.file && source.line >= object.line;
  return evidence.find(inside)?.source ?? object;
}
