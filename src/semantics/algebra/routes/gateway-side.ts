import type { Workload } from '../../../model/inventory/types.ts';
import type { Enforcement } from '../../enforcement.ts';
import { trustedProxies } from '../../gateway/gateway-view.ts';
import { readsBearer } from '../../jwt/authenticate.ts';
import { changesOn, type Filters, filtersLeft } from '../../patches/filters-left.ts';
import { addressOf } from '../../query.ts';
import { DESTINATION_IP, PATH, REMOTE_IP, SOURCE_IP } from '../axes.ts';
import { allOf, type Bounds, exact, substitute } from '../bounds.ts';
import { type Axis, type Formula, literal, NOTHING } from '../formula.ts';
import type { ChainSets } from '../chain-formula.ts';
import { symbolicOf } from '../symbolic.ts';
import { withPeer } from '../with-peer.ts';
import type { Handshake } from './handshake.ts';
import { OPEN } from './open.ts';

/** The rule by which the gateway reads the token: the destination has rules of its own. */
export const GATEWAY_TOKEN: Axis = { key: 'token at the gateway', kind: 'token' };

/** What a gateway's own filters let on, under one reading of what patches take away there. */
export interface GatewaySide {
  readonly passes: Bounds;
  /** The rules that decide. */
  readonly sets: ChainSets;
  /** A condition of the gateway's policies in terms of what the client sends. */
  readonly sent: (condition: Formula) => Bounds;
  /** Some rule of the gateway reads tokens. */
  readonly readsTokens: boolean;
  /** Requests with a token that a rule accepted: all of them, those that keep it, and those that lose it here. */
  readonly hasToken: Formula;
  readonly keepsToken: Formula;
  readonly losesToken: Formula;
}

/** The gateway's policies for one kind of connection, reading by reading. */
export function gatewaySides(
  enforcement: Enforcement,
  gateway: Workload,
  port: number,
  type: 'http' | 'tcp',
  handshake: Handshake,
): readonly GatewaySide[] {
  const envoy = enforcement.envoy(gateway);
  const filters: Filters = { chain: envoy[type], providers: type === 'http' ? envoy.providers : [] };
  return filtersLeft(changesOn(enforcement.changesAt(gateway), type, port), filters).map((left) =>
    sideOf(enforcement, gateway, port, left, handshake),
  );
}

function sideOf(
  enforcement: Enforcement,
  gateway: Workload,
  port: number,
  left: Filters,
  { peer, formula: connection }: Handshake,
): GatewaySide {
  const symbolic = symbolicOf(enforcement);
  const sets = symbolic.chain(left, {
    bundle: enforcement.bundleOf(enforcement.configOf(gateway)),
    port,
    identified: peer !== null,
    destinationIp: addressOf({ workload: gateway }),
    own: { token: GATEWAY_TOKEN, path: PATH },
  });
  const isTrusted = trustedProxies(enforcement, gateway) > 0;
  const sent = (condition: Formula): Bounds => {
    const settled = peer === null || peer === 'identity' ? condition : withPeer(condition, peer);
    return substitute(exact(settled), ({ axis, set }) => {
      if (axis === DESTINATION_IP) return OPEN;
      // Without trusted proxies in front, the client is who connects.
      return axis === REMOTE_IP && !isTrusted ? exact(literal(SOURCE_IP, set)) : undefined;
    });
  };
  const readers = left.chain.type === 'http' ? left.providers.filter(({ rule }) => readsBearer(rule)) : [];
  const byRules = (keeps: boolean): Formula => {
    const numbers = readers.flatMap(({ rule }, i) => ((rule.forwardOriginalToken ?? false) === keeps ? [i + 1] : []));
    return numbers.length === 0 ? NOTHING : literal(GATEWAY_TOKEN, symbolic.pool.rules(numbers));
  };
  return {
    passes: allOf([exact(connection), sent(sets.passes)]),
    sets,
    sent,
    readsTokens: readers.length > 0,
    hasToken: sets.hasToken,
    keepsToken: byRules(true),
    losesToken: byRules(false),
  };
}
