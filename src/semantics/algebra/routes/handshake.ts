import type { Principal } from '../../../model/inventory/types.ts';
import type { ClientTls } from '../../../result/request.ts';
import type { FilterChain } from '../../gateway/filter-chain.ts';
import type { GatewayListener } from '../../gateway/index-gateways.ts';
import { PEER } from '../axes.ts';
import { all, EVERYTHING, type Formula, literal } from '../formula.ts';
import type { SetPool } from '../set-pool.ts';
import { noServerName, serverNameFormula } from './server-name-formula.ts';

/** One way in which a client may open a connection to a chain, and what the gateway then takes for its peer. */
export interface Handshake {
  readonly tls: boolean;
  /** `identity`: a certificate with whatever SPIFFE id the set says. */
  readonly certificate: 'identity' | NonNullable<ClientTls['clientCert']> | undefined;
  /** The certificate is of nobody's CA: whoever likes writes one. */
  readonly forged?: true;
  /** As policies see it; `identity`: an axis; null: none. */
  readonly peer: 'identity' | Principal | null;
  /** The connections: server name and, where it is one, identity. */
  readonly formula: Formula;
}

/** `shakeHands` and `choose` as sets. Source: istio pilot/pkg/networking/core/listener.go (BuildListenerTLSContext); reference §8.1. */
export function handshakesOf(listener: GatewayListener, chain: FilterChain, pool: SetPool): readonly Handshake[] {
  const names = serverNameFormula(listener, chain, pool);
  const bare = { certificate: undefined, peer: null };
  const inPlaintext = (): Handshake => ({ ...bare, tls: false, formula: all([names, noServerName(pool)]) });
  const { tls } = chain;
  if (!tls) {
    if (chain.kind === 'http') return [inPlaintext()];
    const passed = { ...bare, tls: true, formula: names };
    return chain.sniHosts === null ? [inPlaintext(), passed] : [passed];
  }
  const { mode, subjectAltNames, insecureSkipVerify } = tls;
  const anonymous: Handshake = { ...bare, tls: true, formula: names };
  if (mode !== 'MUTUAL' && mode !== 'ISTIO_MUTUAL' && mode !== 'OPTIONAL_MUTUAL') return [anonymous];
  const optional = mode === 'OPTIONAL_MUTUAL' ? [anonymous] : [];
  if (insecureSkipVerify)
    return [
      ...optional,
      {
        tls: true,
        certificate: { dns: ANY_NAME, trusted: false },
        peer: `dns:${ANY_NAME}` as Principal,
        formula: names,
      },
      { tls: true, certificate: 'identity', forged: true, peer: 'identity', formula: names },
    ];
  const identities = subjectAltNames.flatMap((name) =>
    name.startsWith('spiffe://') ? [name.slice('spiffe://'.length)] : [],
  );
  const others =
    subjectAltNames.length > 0 ? subjectAltNames.filter((name) => !name.startsWith('spiffe://')) : [ANY_NAME];
  const isListed = subjectAltNames.length > 0 ? literal(PEER, pool.exactly(identities)) : EVERYTHING;
  return [
    ...optional,
    ...(subjectAltNames.length === 0 || identities.length > 0
      ? [{ tls: true, certificate: 'identity' as const, peer: 'identity' as const, formula: all([names, isListed]) }]
      : []),
    ...others.map((dns) => ({ tls: true, certificate: { dns }, peer: `dns:${dns}` as Principal, formula: names })),
  ];
}

/** Some name that no server asks for. */
const ANY_NAME = 'client.example';
