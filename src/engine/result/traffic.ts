import { daysCovered } from '../../evidence/traffic/days-covered.ts';
import type { SeenFlow } from '../../evidence/traffic/traffic-seen.ts';
import type { Facts } from '../../graph/facts.ts';
import type { TrafficResult } from '../../result/types.ts';

/** Beyond this a report is read by nobody; `flows` says how many there are. */
const LISTED = 200;

/** What telemetry showed, for the report; undefined: none was given. What is refused most comes first, then what is not wanted, then the rest by volume. */
export function trafficResult({ traffic, wanted }: Facts): TrafficResult | undefined {
  const { flows, windows, unplaced } = traffic;
  if (windows.length === 0) return undefined;
  const listed = flows.map((flow) => flowResult(flow, basisOf(flow, wanted))).sort(byInterest);
  const sum = (of: (flow: SeenFlow) => number): number => flows.reduce((total, flow) => total + of(flow), 0);
  return {
    windows: windows.map(({ file, kind, from, to, sampling }) => ({
      file,
      kind,
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      sampling,
    })),
    days: daysCovered(windows),
    edges: flows.length,
    notWanted: listed.filter((flow) => flow.wanted === 'no').length,
    plaintext: flows.filter(({ security }) => security === 'none').length,
    requests: sum(({ count }) => count),
    refused: sum(({ refused }) => refused),
    flows: listed.slice(0, LISTED),
    unplaced: unplaced.map(({ file, what, count }) => ({ file, what, count })),
  };
}

type FlowResult = TrafficResult['flows'][number];

function flowResult(flow: SeenFlow, wanted: FlowResult['wanted']): FlowResult {
  const { from, to, ports, service, security, protocol, count, refused, days, files } = flow;
  return {
    from: from.name,
    to: to.id,
    ports: [...ports],
    ...(service === undefined ? {} : { service }),
    protocol,
    security,
    count,
    refused,
    days: days.length,
    wanted,
    files: [...files],
  };
}

/** What makes it wanted, the strongest; a port that nobody knows may be any. */
function basisOf({ from, to, ports }: SeenFlow, wanted: Facts['wanted']): FlowResult['wanted'] {
  const caller = from.workload?.id ?? (from.outside ? 'internet' : undefined);
  if (caller === undefined) return 'no';
  const bases = wanted
    .to(to)
    .filter(
      (flow) => flow.from === caller && (flow.port === undefined || ports.length === 0 || ports.includes(flow.port)),
    )
    .map(({ basis }) => basis);
  return (['declared', 'accepted', 'implied'] as const).find((basis) => bases.includes(basis)) ?? 'no';
}

const rankOf = ({ refused, count, wanted }: FlowResult): readonly number[] => [
  -refused / Math.max(count, 1),
  wanted === 'no' ? 0 : 1,
  -count,
];

function byInterest(a: FlowResult, b: FlowResult): number {
  const [one, other] = [rankOf(a), rankOf(b)];
  const index = one.findIndex((value, at) => value !== other[at]);
  if (index >= 0) return (one[index] ?? 0) - (other[index] ?? 0);
  return `${a.to}\n${a.from}` < `${b.to}\n${b.from}` ? -1 : 1;
}
