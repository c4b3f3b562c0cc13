import type { Workload } from '../../../model/inventory/types.ts';
import { isIdentified } from '../../attempt.ts';
import { chooseApproaches } from '../../client.ts';
import { behindGateway, decide } from '../../decide.ts';
import type { Enforcement } from '../../enforcement.ts';
import type { GatewayBackend } from '../../gateway/backend.ts';
import type { Endpoint } from '../../gateway/registry.ts';
import { waypointOnTheWay } from '../../ambient/on-the-way.ts';
import type { Query } from '../../query.ts';
import { exact, type Bounds } from '../bounds.ts';
import { constant, type Formula, NOTHING } from '../formula.ts';
import { type Region, regionsOf, regionsThrough } from '../region.ts';
import { withPeer } from '../with-peer.ts';
import { OPEN } from './open.ts';

/** What an endpoint behind a gateway takes of what the gateway sends it: in its own terms, the gateway's identity put in. */
export interface Behind {
  readonly takes: Bounds;
  /** The requests of which it accepts a token. */
  readonly hasToken: Formula;
  /** Absent where it was decided without one, the same for every request. */
  readonly region?: Region;
  /** The identity it sees. */
  readonly peer: string | null;
  readonly sni: string;
  /** Why `takes` is not exact, where the reason is not in a policy. */
  readonly doubt?: string;
}

/** The endpoint's side, with how the gateway connects to it. Network policy looks at nothing of the request, and is decided once. */
export function behindOf(
  enforcement: Enforcement,
  gateway: Workload,
  port: number,
  backend: GatewayBackend,
  endpoint: Endpoint,
): Behind {
  const arriving: Query = {
    client: 'attacker',
    source: { position: { kind: 'internet' }, identity: null, connects: 'plaintext' },
    destination: { workload: gateway, port },
    transport: 'TCP',
  };
  const query = behindGateway(enforcement.mesh, arriving, backend, endpoint);
  const [approach] = chooseApproaches(enforcement, query);
  const refused: Behind = { takes: exact(NOTHING), hasToken: NOTHING, peer: null, sni: '' };
  if (!approach) return refused;
  const { connects, sni = '' } = approach;
  const network = decide(enforcement, { ...query, at: 'network-policy' });
  if (network.outcome === 'deny') return refused;
  const { workload } = endpoint;
  const unclear = (doubt: string): Behind => ({ ...refused, takes: OPEN, doubt });
  if (workload.dataPlane.kind === 'gateway' && workload.gateway?.kind !== 'waypoint')
    return unclear(`\`${workload.id}\` is a gateway behind another, whose routes are not followed`);
  if (connects === 'tls' || connects === 'hbone') {
    // No HTTP is seen in TLS, so that one request says it of all.
    const { outcome, reason } = decide(enforcement, query);
    if (connects === 'tls' && outcome !== 'unknown') return { ...refused, takes: exact(constant(outcome === 'allow')) };
    return outcome === 'deny' ? refused : unclear(reason);
  }
  const peer = isIdentified(connects) ? query.source.identity : null;
  const region = chooseRegion(regionsFor(enforcement, query), peer === null ? 'plaintext' : 'mtls', backend);
  if (!region) return refused;
  const settled = exactOr(withPeer(region.mayPass, peer), withPeer(region.passes, peer), region);
  const takes = network.outcome === 'unknown' ? { ...settled, surely: NOTHING } : settled;
  const { point } = region;
  return {
    takes,
    hasToken: point && point.kind !== 'ztunnel' ? point.sets.hasToken : NOTHING,
    region,
    peer,
    sni,
    ...(network.outcome === 'unknown' ? { doubt: network.reason } : {}),
  };
}

const exactOr = (possibly: Formula, surely: Formula, { passes, mayPass }: Region): Bounds =>
  passes === mayPass ? exact(possibly) : { surely, possibly };

function regionsFor(enforcement: Enforcement, query: Query): readonly Region[] {
  const { workload, port, via } = query.destination;
  const declared = workload.ports.find((own) => own.port === port && own.transport === 'TCP');
  const asked = declared ?? { port, transport: 'TCP', chain: 'auto' };
  const [approach] = chooseApproaches(enforcement, query);
  if (approach && isIdentified(approach.connects) && via && waypointOnTheWay(enforcement, query))
    return regionsThrough(enforcement, workload, asked, via);
  return regionsOf(enforcement, workload, asked);
}

function chooseRegion(
  regions: readonly Region[],
  transport: Region['transport'],
  { http }: GatewayBackend,
): Region | undefined {
  const own = regions.filter((region) => region.transport === transport);
  const of = (protocol: Region['protocol']): Region | undefined => own.find((region) => region.protocol === protocol);
  return http ? (of('http') ?? of('tcp')) : of('tcp');
}
