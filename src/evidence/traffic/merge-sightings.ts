import { groupBy } from '../../util/group-by.ts';
import type { Sighting } from './sighting.ts';
import type { SeenFlow, SeenOperation, SeenWindow } from './traffic-seen.ts';

/**
 * Sightings as flows. Proxies at both ends count one request: what the caller's reports is left out where the destination's reports it too.
 * Files whose windows overlap may show the same requests: then the larger count holds, else the sum.
 */
export function mergeSightings(sightings: readonly Sighting[], windows: readonly SeenWindow[]): readonly SeenFlow[] {
  const windowOf = windowsByFile(windows);
  const flows: SeenFlow[] = [];
  for (const edge of groupBy(sightings, edgeOf).values()) {
    const atDestination = edge.filter(({ reporter }) => reporter !== 'source');
    const believed = atDestination.length > 0 ? atDestination : edge;
    for (const group of groupBy(believed, ({ security }) => security).values()) flows.push(flowOf(group, windowOf));
  }
  return flows.sort((a, b) => compare(orderOf(a), orderOf(b)));
}

/** A file may hold several answers. */
function windowsByFile(windows: readonly SeenWindow[]): Windows {
  const found = new Map<string, { readonly from?: string; readonly to?: string }>();
  for (const { file, from, to } of windows) {
    const known = found.get(file) ?? { ...(from ? { from } : {}), ...(to ? { to } : {}) };
    const [first] = from === undefined || known.from === undefined ? [] : [from, known.from].toSorted();
    const [, last] = to === undefined || known.to === undefined ? [] : [to, known.to].toSorted();
    found.set(file, { ...(first ? { from: first } : {}), ...(last ? { to: last } : {}) });
  }
  return found;
}

const edgeOf = ({ from, to, service }: Sighting): string =>
  [from.name, to.id, service ?? to.services[0] ?? ''].join('\n');

const orderOf = ({ from, to, service = '', security }: SeenFlow): string =>
  [to.id, from.name, service, security].join('\n');

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

type Windows = ReadonlyMap<string, Pick<SeenWindow, 'from' | 'to'>>;

function flowOf(group: readonly Sighting[], windows: Windows): SeenFlow {
  const [first] = group;
  if (!first) throw new RangeError('a flow is made of sightings');
  const metrics = group.filter(({ operation }) => operation === undefined);
  const logs = group.filter(({ operation }) => operation !== undefined);
  // Behind a waypoint, connections of ztunnel and requests of the waypoint are the same traffic.
  const requests = metrics.filter(({ protocol }) => protocol === 'http');
  const counted = requests.length > 0 ? requests : metrics.length > 0 ? metrics : logs;
  const best = counted[0] ?? first;
  const known = group.filter(({ ports }) => ports.length > 0);
  const exact = logs.length > 0 ? logs : known;
  return {
    from: group.find(({ from }) => from.principal !== undefined)?.from ?? first.from,
    to: first.to,
    ports: [...new Set(exact.flatMap(({ ports }) => ports))].sort((a, b) => a - b),
    ...(best.service === undefined ? {} : { service: best.service }),
    protocol: group.some(({ protocol }) => protocol === 'http') ? 'http' : 'tcp',
    security: first.security,
    reporter: best.reporter,
    ...talliesOf(counted, windows),
    days: daysOf(group),
    operations: operationsOf(logs, windows),
    counted: metrics.length > 0,
    files: [...new Set(group.map(({ file }) => file))].sort(),
  };
}

function operationsOf(logs: readonly Sighting[], windows: Windows): readonly SeenOperation[] {
  const byOperation = groupBy(logs, ({ operation }) =>
    [operation?.method, operation?.host, operation?.path, operation?.port].join('\n'),
  );
  return [...byOperation.values()]
    .flatMap((group): readonly SeenOperation[] => {
      const [first] = group;
      if (!first?.operation) return [];
      const { codes: _codes, ...tally } = talliesOf(group, windows);
      return [{ ...first.operation, ...tally, days: daysOf(group), file: first.file }];
    })
    .sort((a, b) => b.count - a.count || compare(`${a.method} ${a.path}`, `${b.method} ${b.path}`));
}

const daysOf = (group: readonly Sighting[]): readonly string[] =>
  [...new Set(group.flatMap(({ outcome, days }) => (outcome === 'passed' ? days : [])))].sort();

type Tallies = Pick<SeenFlow, 'count' | 'passed' | 'refused' | 'codes'>;

function talliesOf(group: readonly Sighting[], windows: Windows): Tallies {
  const perFile = [...groupBy(group, ({ file }) => file)].map(([file, own]) => ({
    ...tally(own),
    ...spanOf(windows, file),
  }));
  perFile.sort((a, b) => b.count - a.count);
  const kept: typeof perFile = [];
  // Logs of the pods of one workload are of one time, and show different requests all the same.
  const isLog = group.every(({ operation }) => operation !== undefined);
  for (const each of perFile) if (isLog || !kept.some((other) => overlap(each, other))) kept.push(each);
  const codes: Record<string, number> = {};
  for (const each of kept)
    for (const [code, count] of Object.entries(each.codes)) codes[code] = (codes[code] ?? 0) + count;
  const sum = (of: (each: Tallies) => number): number => Math.round(kept.reduce((all, each) => all + of(each), 0));
  return {
    count: sum(({ count }) => count),
    passed: sum(({ passed }) => passed),
    refused: sum(({ refused }) => refused),
    codes: Object.fromEntries(
      Object.entries(codes)
        .sort(([a], [b]) => compare(a, b))
        .map(([code, count]) => [code, Math.round(count)]),
    ),
  };
}

function tally(group: readonly Sighting[]): Tallies {
  const total = { count: 0, passed: 0, refused: 0 };
  const codes: Record<string, number> = {};
  for (const { count, outcome, code } of group) {
    total.count += count;
    if (outcome !== 'failed') total[outcome] += count;
    codes[code] = (codes[code] ?? 0) + count;
  }
  return { ...total, codes };
}

interface Span {
  readonly start: string;
  readonly end: string;
}

/** Without a beginning it may reach back to any time. */
function spanOf(windows: Windows, file: string): Span {
  const { from = '', to = '9999' } = windows.get(file) ?? {};
  return { start: from, end: to };
}

const overlap = (a: Span, b: Span): boolean => a.start < b.end && b.start < a.end;
