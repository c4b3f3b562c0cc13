import type { By, Location } from '../result/location.ts';
import { severityRows } from '../result/method.ts';
import type { Severity } from '../result/status.ts';
import type { AttackPath, AuditResult, Finding } from '../result/types.ts';
import { extent, openFindings, type WorkloadOf } from './causes.ts';
import { requestLine } from './request-text.ts';
import { assetText, breachText, pathStops } from './path-text.ts';
import { byName, count, number, objectName, place } from './wording.ts';

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

/**
 * The worst first, each with another thing to change: attack paths by rank, then findings that no path of the list says already. Findings alone
 * where there are no paths.
 */
export function topExposures(result: AuditResult, workloadOf: WorkloadOf, limit: number): Exposure[] {
  const paths = onePerCause(openPaths(result));
  const told = new Set(paths.slice(0, limit).flatMap(({ first }) => objectsOf(first)));
  const findings = openFindings(result)
    .filter(({ severity }) => severity !== 'INFORMATIONAL')
    .filter(({ subjects: [first] }) => !first || !told.has(objectKey(first)));
  return [
    ...paths.slice(0, limit).map(({ first, more }) => exposureOfPath(first, more)),
    ...findings.slice(0, limit).map((finding) => exposureOfFinding(finding, workloadOf)),
  ]
    .toSorted((a, b) => rankOf(a) - rankOf(b))
    .slice(0, limit);
}

const rankOf = ({ severity }: Exposure): number => severityRows.findIndex((row) => row.severity === severity);

const objectKey = ({ kind, namespace, name }: Pick<By, 'kind' | 'namespace' | 'name'>): string =>
  `${kind} ${namespace}/${name}`;

const objectsOf = ({ cause, hops }: AttackPath): readonly string[] =>
  [cause, ...hops.map((hop) => hop.cause)].flatMap((each) => (each ? [objectKey(each)] : []));

/** Paths that the same change closes are one, shown by the first of them. */
function onePerCause(paths: readonly AttackPath[]): readonly { readonly first: AttackPath; readonly more: number }[] {
  const found = new Map<string, { readonly first: AttackPath; more: number }>();
  for (const path of paths) {
    const cause = path.cause ?? path.hops.find(({ excess }) => excess)?.cause;
    const key = cause ? `${objectKey(cause)} ${cause.rule ?? ''}` : path.id;
    const known = found.get(key);
    if (known) known.more += 1 + path.folded;
    else found.set(key, { first: path, more: path.folded });
  }
  return [...found.values()];
}

/** Paths that should not be there and may be, best for the attacker first. */
export function openPaths(result: AuditResult): AttackPath[] {
  return result.paths
    .filter(({ kind, result: outcome }) => kind === 'excess' && outcome !== 'DENIED')
    .toSorted((a, b) => a.rank - b.rank);
}

function exposureOfPath(path: AttackPath, more: number): Exposure {
  const excess = path.hops.findLast((hop) => hop.excess);
  const decidedBy = path.cause ?? excess?.cause ?? excess?.by;
  return {
    severity: path.severity,
    what: pathLine(path),
    note: `${pathNote(path)}${more > 0 ? `, +${number(more)} by the same` : ''}`,
    ...(excess?.witness
      ? { witness: requestLine(excess.witness) }
      : excess?.why === undefined
        ? {}
        : { witness: excess.why }),
    ...(decidedBy ? { decidedBy: causeName(decidedBy), at: place(decidedBy.location) } : {}),
    of: { path },
  };
}

/** `internet → shop/web → payments/ledger (cardholder data)` */
export function pathLine(path: AttackPath): string {
  const asset = assetText(path);
  return `${pathStops(path).join(' → ')}${asset ? ` (${asset})` : ''}`;
}

/** A policy by its name, anything else with its kind. */
export function causeName(by: By): string {
  return by.kind === 'AuthorizationPolicy' || by.kind === 'PeerAuthentication'
    ? byName(by)
    : `${by.kind} ${objectName(by)}`;
}

/** `2 hops, excess at hop 2, no breach needed` */
export function pathNote(path: AttackPath): string {
  const excess = path.hops.flatMap((hop, index) => (hop.excess ? [index + 1] : []));
  return [
    count(path.hops.length, 'hop'),
    ...(excess.length > 0 ? [`excess at hop ${excess.join(' and ')}`] : []),
    breachText(path),
    ...(path.requires.length > 0 ? [`needs ${path.requires.join(' and ')}`] : []),
    ...(path.result === 'UNKNOWN' ? ['conditional'] : []),
  ].join(', ');
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
