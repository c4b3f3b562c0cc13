import type { Workload } from '../model/inventory/types.ts';
import type { By } from '../result/location.ts';
import { waypointOnTheWay } from './ambient/on-the-way.ts';
import type { Transport } from './attempt.ts';
import type { Enforcement } from './enforcement.ts';
import { type EffectiveModes, modeOfPort } from './mtls/effective-mode.ts';
import { capturesOutbound, type Uncaptured } from './outbound/capture.ts';
import { acceptsHbone } from './outbound/hbone.ts';
import { addressOf } from './outbound/service-address.ts';
import {
  chooseUpstreamTls,
  chooseWaypointTls,
  describeUpstream,
  type UpstreamEndpoint,
  upstreamOf,
} from './outbound/upstream-tls.ts';
import type { Destination, Query } from './query.ts';
import type { TraceStep, Verdict } from './verdict.ts';

/** One way in which the source may open the connection. */
export interface Approach {
  readonly connects: Transport;
  /** To the pod itself, whatever service was named. */
  readonly direct?: true;
  readonly sni?: string;
  /** It does not get out of the pod. */
  readonly refused?: { readonly why: string; readonly by: By };
  readonly steps: readonly TraceStep[];
  readonly assumes: readonly string[];
}

const plain = (connects: Transport): Approach => ({ connects, steps: [], assumes: [] });
const AS_STATED: Readonly<Record<Transport, readonly Approach[]>> = {
  mtls: [plain('mtls')],
  hbone: [plain('hbone')],
  tls: [plain('tls')],
  plaintext: [plain('plaintext')],
};
const ANYTHING: readonly Approach[] = [plain('mtls'), plain('plaintext')];
const ANYTHING_ANYWHERE: readonly Approach[] = [
  ...ANYTHING,
  { ...plain('mtls'), direct: true },
  { ...plain('plaintext'), direct: true },
];

/**
 * How the source may open the connection, in the order to try. As stated; else an attacker tries its identity and then plaintext, through the
 * service and to the pod, and an app does what its own proxy decides for it.
 *
 * Reference §1.7, design §2.
 */
export function chooseApproaches(enforcement: Enforcement, query: Query): readonly Approach[] {
  const { source, client, destination, at } = query;
  if (source.connects) return AS_STATED[source.connects];
  if (client === 'attacker' && source.identity !== null)
    return destination.via && at === undefined ? ANYTHING_ANYWHERE : ANYTHING;
  if (source.identity === null) return AS_STATED.plaintext;
  // One point alone: as if the connection had arrived there.
  if (at !== undefined) return AS_STATED[byDestination(enforcement, query)];
  const proxied = source.position.kind === 'workload' ? source.position.workload : undefined;
  switch (proxied?.dataPlane.kind) {
    case 'sidecar':
      return [fromSidecar(enforcement, query, proxied)];
    case 'gateway':
      return [fromEnvoy(enforcement, query, proxied)];
    case 'ambient':
      return [fromZtunnel(enforcement, query)];
    default:
      return AS_STATED[byDestination(enforcement, query)];
  }
}

function fromSidecar(enforcement: Enforcement, query: Query, client: Workload): Approach {
  const { via, port } = query.destination;
  const ip = via ? addressOf(via.service) : query.destination.ip;
  const target = { port: via?.port.port ?? port, transport: query.transport, ...(ip === undefined ? {} : { ip }) };
  const captured = capturesOutbound(client, target, query.source.container);
  if (captured.captured === false) return unproxied(captured);
  if (captured.captured === 'too-early') {
    const { why, by, assumes } = captured;
    return { ...plain('plaintext'), refused: { why, by }, assumes };
  }
  const approach = fromEnvoy(enforcement, query, client);
  return captured.assumes.length === 0
    ? approach
    : { ...approach, assumes: [...captured.assumes, ...approach.assumes] };
}

/** Past the client's proxy: no identity, and nothing of what is configured for it. */
export function unproxied({ why, by, assumes }: Uncaptured): Approach {
  const text = `the client's proxy does not see it, so that it leaves in plaintext: ${why}`;
  return { ...plain('plaintext'), steps: [step('sidecar', 'capture', text, by)], assumes };
}

function fromEnvoy(enforcement: Enforcement, query: Query, client: Workload): Approach {
  const { workload, port, via } = query.destination;
  if (!via) return plain(byDestination(enforcement, query));
  if (client.gateway?.kind === 'waypoint') return fromWaypoint(enforcement, client, via, { workload, port });
  const tls = chooseUpstreamTls(enforcement, client, upstreamOf(via.service, via.port.port), { workload, port });
  const point = client.dataPlane.kind === 'gateway' ? 'gateway' : 'sidecar';
  return {
    connects: tls.connects,
    steps: [step(point, 'outbound', describeUpstream(tls), tls.by)],
    assumes: tls.assumes,
    ...(tls.sni === undefined ? {} : { sni: tls.sni }),
  };
}

function fromWaypoint(
  enforcement: Enforcement,
  waypoint: Workload,
  { service, port }: NonNullable<Destination['via']>,
  endpoint: UpstreamEndpoint,
): Approach {
  const tls = chooseWaypointTls(enforcement, waypoint, upstreamOf(service, port.port), endpoint);
  const text = describeUpstream(tls).replace("the client's proxy", 'the waypoint');
  return { connects: tls.connects, steps: [step('waypoint', 'outbound', text, tls.by)], assumes: tls.assumes };
}

/** ztunnel speaks HBONE to whatever takes it, whatever PeerAuthentications and DestinationRules say, and else passes the bytes on. */
function fromZtunnel(enforcement: Enforcement, query: Query): Approach {
  const { workload } = query.destination;
  if (waypointOnTheWay(enforcement, query)) return plain('mtls');
  if (workload.dataPlane.kind !== 'sidecar') return plain(workload.dataPlane.kind === 'ambient' ? 'mtls' : 'plaintext');
  const { accepts, why, assumes } = acceptsHbone(enforcement, workload);
  const text = accepts ? `ztunnel sends HBONE: ${why}` : `ztunnel sends plaintext: ${why}`;
  return {
    connects: accepts ? 'hbone' : 'plaintext',
    steps: [step('ztunnel', 'outbound', text, null)],
    assumes: accepts ? assumes : [],
  };
}

/** By the destination alone, where no service tells which DestinationRule applies. */
function byDestination(enforcement: Enforcement, query: Query): Transport {
  const { workload, port } = query.destination;
  switch (workload.dataPlane.kind) {
    case 'none':
      return 'plaintext';
    case 'ambient':
      return 'mtls';
    default: {
      if (!enforcement.configOf(workload).enableAutoMtls.value) return 'plaintext';
      // An excluded port is called with mutual TLS all the same: the client knows only that the pod has a sidecar.
      return modeOfPort(modesAtClient(enforcement, query), port).mode === 'DISABLE' ? 'plaintext' : 'mtls';
    }
  }
}

function modesAtClient(enforcement: Enforcement, { source, destination }: Query): EffectiveModes {
  const { workload } = destination;
  return source.position.kind === 'workload'
    ? enforcement.modesAsSeenBy(source.position.workload, workload)
    : enforcement.modes(workload);
}

function step(point: TraceStep['point'], stage: TraceStep['stage'], text: string, by: Verdict['by']): TraceStep {
  const plainStep = { point, stage, outcome: 'pass', text } as const;
  return by ? { ...plainStep, by } : plainStep;
}
