import { readVectors } from '../read-vectors.ts';
import { replayConversions } from '../replay/ambient-conversion.ts';
import { replayConformance } from '../replay/conformance.ts';
import { replayGateways } from '../replay/gateway.ts';
import { replayNetworkPolicies } from '../replay/network-policy.ts';
import { differing, type Replayed } from '../replay/replay.ts';
import { replayModes, replaySidecars } from '../replay/sidecar.ts';
import { replayWaypoints } from '../replay/waypoint.ts';
import { replayZtunnels } from '../replay/ztunnel.ts';
import { replayEgress } from '../replay/egress.ts';
import { replayGatewayWays } from '../replay/gateway-ways.ts';
import { replayWaypointWays } from '../replay/waypoint-ways.ts';
import { RECORDED_HERE, UNMEASURED, WAYS } from './areas.ts';

type Row = readonly string[];

interface Versions {
  readonly istioVersion: string;
  readonly envoyVersion: string;
  readonly ztunnelCommit: string;
}

/** The page docs/accuracy.md: what the recordings say when the engine answers them now. */
export function writeAccuracy(): string {
  const { header, replayed } = replayConformance();
  const sidecar = readVectors<Versions, unknown>('authz.jsonl').header;
  const ztunnel = readVectors<Versions, unknown>('ztunnel.jsonl').header;
  const proxies = `istiod ${sidecar.istioVersion}, Envoy ${sidecar.envoyVersion}`;
  const recorder = `istiod ${header.istio}, Envoy ${header.envoy}`;
  const calls = replayed.filter(({ area }) => area.startsWith('calls'));
  const direct = replayed.filter(({ area }) => !area.startsWith('calls'));
  const egress = replayEgress();
  const gateways = replayGatewayWays();
  const waypoints = replayWaypointWays();
  const ways = [...egress, ...gateways, ...waypoints];
  const measured: readonly Row[] = [
    countRow('Sidecars, recorded by `conformance/` (below)', recorder, direct),
    countRow('Clients of a sidecar, recorded by `conformance/` (below)', recorder, calls),
    countRow('Where a client sends, recorded by `conformance/` (below)', recorder, egress),
    countRow('Where an ingress gateway sends, recorded by `conformance/` (below)', recorder, gateways),
    countRow('Waypoints over HBONE, recorded by `conformance/` (below)', recorder, waypoints),
    countRow('Sidecars: AuthorizationPolicy, RequestAuthentication', proxies, replaySidecars()),
    countRow('Sidecars: PeerAuthentication', `${proxies}; two connections per port`, replayModes()),
    countRow(
      'Ambient at ztunnel: attachment, conversion, L4 verdict',
      `istiod's ambient index ${ztunnel.istioVersion}, ztunnel ${ztunnel.ztunnelCommit.slice(0, 12)}`,
      replayZtunnels(),
    ),
    countRow('What istiod sends to ztunnel', `istiod's ambient index ${ztunnel.istioVersion}`, replayConversions()),
    countRow('Waypoints: attachment and verdict of the waypoint', proxies, replayWaypoints()),
    countRow('Gateways: listeners, TLS, routes, policies', proxies, replayGateways()),
    countRow('NetworkPolicy', 'two independent evaluators that agree', replayNetworkPolicies()),
  ];
  const unmeasured = UNMEASURED.map(({ area, how, note }): Row => [area, how, note]);
  const areas = Object.entries(RECORDED_HERE).map(([file, text]): Row => {
    const answers = replayed.filter(({ area }) => area === file);
    const allowed = answers.filter(({ request }) => request.verdict === 'allow').length;
    return [text, `\`${file}.jsonl\``, figure(allowed), figure(answers.length - allowed), ...agreement(answers)];
  });
  const wayAreas = Object.entries(WAYS).map(([file, text]): Row => {
    const answers = ways.filter(({ area }) => area === file);
    const refused = answers.filter(({ expected }) => expected === 'refused' || expected === 'deny').length;
    return [text, `\`${file}.jsonl\``, figure(answers.length - refused), figure(refused), ...agreement(answers)];
  });
  return [
    '# Accuracy',
    paragraph(
      'What the engine says is compared with what real software answered. The recorded verdicts lie in `conformance/vectors` and `test/vectors` and',
      'are replayed by `npm test`. This page is written from that replay by `npm run accuracy`; a test fails when it is out of date.',
    ),
    '## Measured',
    table(['area', 'against', 'recorded answers', 'agree'], measured, 2),
    paragraph(
      `Of the gateways' answers those differ whose TLS listener has no Secret: Secrets are never read, so that all are taken to exist.`,
      'Of the waypoints one answer of the older recorder differs, on `source.ip`: it called the inner listener past the tunnel. Over HBONE, as all real traffic comes, `ipBlocks` and `source.ip` never match (recorded below).',
      'Of the answers with EnvoyFilters those do not count as agreeing that the engine makes conditional on a patch, which it names.',
      'Beside this, what istiod sends to sidecars is read back: over 3,000 ports of `conformance/loaded`, whose filters mean the same as the policies, as sets.',
      'Left out are answers that a proxy gives by itself (a malformed request) and, in `test/vectors`, valid tokens in the query.',
    ),
    '## Recorded by conformance/',
    table(['area', 'file', 'allow', 'deny', 'recorded answers', 'agree'], areas, 2),
    'Where requests go: a whole istiod, an Envoy for each mesh that keeps the original destination, and a server for each cluster.',
    table(['area', 'file of `ways/vectors`', 'arrive', 'refused', 'recorded answers', 'agree'], wayAreas, 2),
    paragraph(
      'Where an external authorizer is asked, agreement means that the engine names its consent as required exactly where the proxy asked for it.',
      '`npm run conformance:record` records anew: see [conformance/README.md](../conformance/README.md).',
    ),
    '## Not measured',
    table(['area', 'how sure', 'from'], unmeasured, 3),
    paragraph(
      'Who reaches a port is computed from sets of requests that agree with the decisions above on random meshes (`test/algebra`), and every request',
      'that is shown was decided. The same holds for gateways, also one behind another. What is not exact there is named: rewrites by expression, addresses of gateways,',
      'what proxies write into headers, two tokens in one request.',
    ),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

const countRow = (area: string, against: string, answers: readonly Replayed[]): Row => [
  area,
  against,
  ...agreement(answers),
];

const agreement = (answers: readonly Replayed[]): Row => [
  figure(answers.length),
  figure(answers.length - differing(answers).length),
];

const figure = (count: number): string => count.toLocaleString('en-US');

const paragraph = (...lines: readonly string[]): string => lines.join('\n');

/** A Markdown table with its columns aligned; those from `figures` on are numbers. */
function table(head: Row, rows: readonly Row[], figures: number): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: Row): string =>
    `| ${row.map((cell, i) => (i < figures ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, i) => (i < figures ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}
