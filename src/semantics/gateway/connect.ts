import type { Principal } from '../../model/inventory/types.ts';
import type { By } from '../../result/location.ts';
import type { ClientTls } from '../../result/request.ts';
import type { Requirement } from '../verdict.ts';
import { shakeHands } from './client-tls.ts';
import type { FilterChain } from './filter-chain.ts';
import type { GatewayQuery } from './gateway-verdict.ts';
import type { GatewayIndex, GatewayListener, GatewayProxy } from './index-gateways.ts';

const ORDINARY_ALPN: readonly string[] = ['h2', 'http/1.1'];

/** How the client may open the connection: as stated; else in plaintext, and with its identity where it has one. */
export function handshakes({ tls, source, sni }: GatewayQuery): readonly (ClientTls | null)[] {
  if (tls) return [tls];
  if (source.identity === null || source.connects === 'plaintext') return [null];
  const mutual: ClientTls = {
    sni: sni ?? '',
    alpn: ['istio', ...ORDINARY_ALPN],
    clientCert: { principal: source.identity },
  };
  return source.connects === 'mtls' ? [mutual] : [null, mutual];
}

export type Connected =
  | {
      readonly ok: true;
      readonly listener: GatewayListener;
      readonly chain: FilterChain;
      readonly peer: Principal | null;
      /** What the client showed; absent where it was not asked for one. */
      readonly certificate?: ClientTls['clientCert'];
      /** Lower case; empty without TLS. */
      readonly sni: string;
      readonly server: By | null;
      readonly requires: readonly Requirement[];
      readonly text: string;
    }
  | { readonly ok: false; readonly why: string; readonly by: By | null };

/** Listener, filter chain and TLS of a connection to a port of a gateway. */
export function connect(index: GatewayIndex, proxy: GatewayProxy, port: number, tls: ClientTls | null): Connected {
  const refused = (why: string, by: By | null): Connected => ({ ok: false, why, by });
  const listener = proxy.listeners.find((candidate) => candidate.port === port);
  if (!listener) {
    const lost = proxy.ignored.find((ignored) => ignored.port === port);
    return refused(
      lost ? `no server has port ${port}: ${lost.why}` : `no server with a route listens on port ${port}`,
      lost?.server.by ?? null,
    );
  }
  const hello = { sni: (tls?.sni ?? '').toLowerCase(), alpn: tls ? (tls.alpn ?? ORDINARY_ALPN) : [] };
  const chain = listener.chains.choose(hello, index.destinations.registry, proxy.workload.namespace);
  const named = hello.sni === '' ? 'no SNI' : `SNI \`${hello.sni}\``;
  if (!chain)
    return refused(`no server of port ${port} serves ${tls ? named : 'plaintext'}`, listener.servers[0]?.by ?? null);
  const server = chain.servers[0]?.by ?? null;
  if (chain.tls && !tls) return refused(`port ${port} speaks TLS, the client does not`, server);
  if (!chain.tls && tls && chain.kind === 'http')
    return refused(`port ${port} speaks plain HTTP, the client TLS`, server);
  const open = { ok: true, listener, chain, sni: hello.sni, server } as const;
  if (!chain.tls || !tls) {
    const text = tls ? `${named} on port ${port} passes through` : `port ${port} takes plaintext`;
    return { ...open, peer: null, requires: [], text };
  }
  const handshake = shakeHands(chain.tls, tls);
  if (!handshake.completes) return refused(handshake.why, server);
  const { peer, certificate, requires, text } = handshake;
  return { ...open, peer, requires, text, ...(certificate ? { certificate } : {}) };
}
