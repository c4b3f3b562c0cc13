import { isRouter } from '../../../model/inventory/is-router.ts';
import type { Workload } from '../../../model/inventory/types.ts';
import { isIdentified } from '../../attempt.ts';
import { chooseApproaches } from '../../client.ts';
import { behindGateway, decide, withHandshake } from '../../decide.ts';
import type { Enforcement } from '../../enforcement.ts';
import type { GatewayBackend } from '../../gateway/backend.ts';
import { trustedProxies } from '../../gateway/gateway-view.ts';
import type { Endpoint } from '../../gateway/registry.ts';
import { waypointOnTheWay } from '../../ambient/on-the-way.ts';
import type { Query } from '../../query.ts';
import { exact, type Bounds } from '../bounds.ts';
import { atEndpoint, type ByToken, heedless } from './by-token.ts';
import { constant, type Formula, NOTHING } from '../formula.ts';
import { type Region, regionsOf, regionsThrough } from '../region.ts';
import { withPeer } from '../with-peer.ts';
import { OPEN } from './open.ts';

/** What an endpoint behind a gateway takes of what the gateway sends it: in its own terms, the gateway's identity put in. */
export interface Behind {
  readonly takes: ByToken;
  /** Absent where it was decided without one, the same for every request. */
  readonly region?: Region;
  /** The identity it sees. */
  readonly peer: string | null;
  readonly sni: string;
  /** Its own identity. */
  readonly self: string | null;
  /** How many addresses of X-Forwarded-For it believes, from the right. */
  readonly hops: number;
  /** Why `takes` is not exact, where the reason is not in a policy. */
  readonly doubt?: string;
}

/** The rest of a way behind another gateway: what that one takes of a request that arrives there like this. */
export type Follow = (arriving: Query) => { readonly takes: ByToken; readonly doubts: readonly string[] };

/** The endpoint's side, with how the gateway connects to it. Network policy looks at nothing of the request, and is decided once. */
export function behindOf(
  enforcement: Enforcement,
  gateway: Workload,
  port: number,
  backend: GatewayBackend,
  endpoint: Endpoint,
  follow?: Follow,
): Behind {
  const arriving: Query = {
    client: 'attacker',
    source: { position: { kind: 'internet' }, identity: null, connects: 'plaintext' },
    destination: { workload: gateway, port },
    transport: 'TCP',
  };
  const query = behindGateway(enforcement.mesh, arriving, backend, endpoint);
  const [approach] = chooseApproaches(enforcement, query);
  const refused: Behind = { takes: REFUSED, peer: null, sni: '', self: null, hops: 1 };
  if (!approach || approach.refused) return refused;
  const { connects, sni = '' } = approach;
  const network = decide(enforcement, { ...query, at: 'network-policy' });
  if (network.outcome === 'deny') return refused;
  const { workload } = endpoint;
  const unclear = (doubt: string): Behind => ({ ...refused, takes: heedless(OPEN), doubt });
  if (isRouter(workload)) {
    if (!follow) return unclear(`\`${workload.id}\` is a gateway behind others, whose routes are not followed`);
    const { takes, doubts } = follow(withHandshake(query, connects, approach.sni));
    const why = [...doubts, ...(network.outcome === 'unknown' ? [network.reason] : [])];
    return {
      ...refused,
      takes: network.outcome === 'unknown' ? unsure(takes) : takes,
      sni,
      hops: trustedProxies(enforcement, workload),
      ...(why.length > 0 ? { doubt: why.join('; ') } : {}),
    };
  }
  if (connects === 'tls' || connects === 'hbone') {
    // No HTTP is seen in TLS, so that one request says it of all.
    const { outcome, reason } = decide(enforcement, query);
    if (connects === 'tls' && outcome !== 'unknown')
      return { ...refused, takes: heedless(exact(constant(outcome === 'allow'))) };
    return outcome === 'deny' ? refused : unclear(reason);
  }
  const peer = isIdentified(connects) ? query.source.identity : null;
  const region = chooseRegion(regionsFor(enforcement, query), peer === null ? 'plaintext' : 'mtls', backend);
  if (!region) return refused;
  const settled = exactOr(withPeer(region.mayPass, peer), withPeer(region.passes, peer), region);
  const takes = network.outcome === 'unknown' ? { ...settled, surely: NOTHING } : settled;
  const { point } = region;
  const checks = point?.kind === 'waypoint' ? waypointOnTheWay(enforcement, query) : workload;
  return {
    takes: atEndpoint(
      takes,
      point && point.kind !== 'ztunnel' ? point.sets : undefined,
      checks ? enforcement.envoy(checks).providers.map(({ rule }) => rule) : [],
    ),
    region,
    peer,
    sni,
    self: workload.identity,
    hops: 1,
    ...(network.outcome === 'unknown' ? { doubt: network.reason } : {}),
  };
}

const REFUSED = heedless(exact(NOTHING));

/** Nothing of it is certain. */
const unsure = (takes: ByToken): ByToken => ({
  ...takes,
  without: { ...takes.without, surely: NOTHING },
  with: (place) => ({ ...takes.with(place), surely: NOTHING }),
});

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
  { http, asBytes }: GatewayBackend,
): Region | undefined {
  const own = regions.filter((region) => region.transport === transport);
  const of = (protocol: Region['protocol']): Region | undefined => own.find((region) => region.protocol === protocol);
  // Where a port takes either, the proxy names bytes by ALPN over mutual TLS.
  if (asBytes && transport === 'mtls') return of('tcp') ?? of('http');
  return http ? (of('http') ?? of('tcp')) : of('tcp');
}
