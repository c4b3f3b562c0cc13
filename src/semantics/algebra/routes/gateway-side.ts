import type { Workload } from '../../../model/inventory/types.ts';
import type { Enforcement } from '../../enforcement.ts';
import { trustedProxies } from '../../gateway/gateway-view.ts';
import type { JwtRule } from '../../../model/istio/request-authentication.ts';
import { changesOn, type Filters, filtersLeft } from '../../patches/filters-left.ts';
import { addressOf } from '../../query.ts';
import { DESTINATION_IP, PATH, REMOTE_IP, SOURCE_IP } from '../axes.ts';
import { allOf, type Bounds, exact, substitute } from '../bounds.ts';
import { type Axis, type Formula, literal } from '../formula.ts';
import type { ChainSets } from '../chain-formula.ts';
import { symbolicOf } from '../symbolic.ts';
import type { TokenSets } from '../token-sets.ts';
import { withPeer } from '../with-peer.ts';
import { certificateBefore } from './certificate-header.ts';
import type { Handshake } from './handshake.ts';
import { OPEN } from './open.ts';

/** The rule by which the gateway reads the token: the destination has rules of its own. */
export const GATEWAY_TOKEN: Axis = { key: 'token at the gateway', kind: 'token' };

/** Of the gateway that so many others stand in front of. */
export const tokenAxisAt = (depth: number): Axis =>
  depth === 0 ? GATEWAY_TOKEN : { key: `${GATEWAY_TOKEN.key} ${depth + 1}`, kind: 'token' };

/** What a gateway's own filters let on, under one reading of what patches take away there. */
export interface GatewaySide {
  readonly passes: Bounds;
  /** The rules that decide. */
  readonly sets: ChainSets;
  /** A condition of the gateway's policies in terms of what the client sends. */
  readonly sent: (condition: Formula) => Bounds;
  /** Requests with a token that a rule accepted. */
  readonly hasToken: Formula;
  readonly tokens: TokenSets;
  /** The axis of them. */
  readonly token: Axis;
  readonly rules: readonly JwtRule[];
}

type Connection = Pick<Handshake, 'peer' | 'formula' | 'certificate'>;

/** The gateway's policies for one kind of connection, reading by reading. */
export function gatewaySides(
  enforcement: Enforcement,
  gateway: Workload,
  port: number,
  type: 'http' | 'tcp',
  handshake: Connection,
  depth = 0,
): readonly GatewaySide[] {
  const envoy = enforcement.envoy(gateway);
  const filters: Filters = { chain: envoy[type], providers: type === 'http' ? envoy.providers : [] };
  return filtersLeft(changesOn(enforcement.changesAt(gateway), type, port), filters).map((left) =>
    sideOf(enforcement, gateway, port, left, handshake, tokenAxisAt(depth)),
  );
}

function sideOf(
  enforcement: Enforcement,
  gateway: Workload,
  port: number,
  left: Filters,
  { peer, formula: connection, certificate }: Connection,
  token: Axis,
): GatewaySide {
  const symbolic = symbolicOf(enforcement);
  const sets = symbolic.chain(left, {
    bundle: enforcement.bundleOf(enforcement.configOf(gateway)),
    port,
    identified: peer !== null,
    destinationIp: addressOf({ workload: gateway }),
    own: { token, path: PATH },
  });
  const isTrusted = trustedProxies(enforcement, gateway) > 0;
  const certificateHeader = certificateBefore(enforcement, gateway, certificate !== undefined);
  const sent = (condition: Formula): Bounds => {
    const settled = peer === null || peer === 'identity' ? condition : withPeer(condition, peer);
    return substitute(exact(settled), (each) => {
      const { axis, set } = each;
      if (axis === DESTINATION_IP) return OPEN;
      const header = certificateHeader(each);
      if (header) return header;
      // Without trusted proxies in front, the client is who connects.
      return axis === REMOTE_IP && !isTrusted ? exact(literal(SOURCE_IP, set)) : undefined;
    });
  };
  return {
    passes: allOf([exact(connection), sent(sets.passes)]),
    sets,
    sent,
    hasToken: sets.hasToken,
    tokens: sets.tokens,
    token,
    rules: left.chain.type === 'http' ? left.providers.map(({ rule }) => rule) : [],
  };
}
