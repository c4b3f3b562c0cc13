import { serviceOfSni } from './auto-passthrough.ts';
import type { FilterChain } from './filter-chain.ts';
import { covers } from './host-name.ts';
import type { Registry } from './registry.ts';

/** What a connection shows before its first byte of content. */
export interface Hello {
  /** Lower case; empty in plaintext and without SNI. */
  readonly sni: string;
  readonly alpn: readonly string[];
}

/** ALPN names that Istio's proxies use among themselves. Source: istio pilot/pkg/networking/core/listener.go (allIstioMtlsALPNs). */
const ISTIO_ALPN: readonly string[] = ['istio', 'istio-peer-exchange', 'istio-http/1.0', 'istio-http/1.1', 'istio-h2'];

/**
 * The chain that takes a connection: exact name, longest wildcard, any name. There is no second choice: where the ALPN does not fit the name
 * that was found, the connection is closed.
 *
 * Source: envoy source/common/listener_manager/filter_chain_manager_impl.cc (findFilterChainForServerName).
 */
export function chooseChain(
  chains: readonly FilterChain[],
  hello: Hello,
  registry: Registry,
  proxyNamespace: string,
): FilterChain | undefined {
  const { sni } = hello;
  if (sni !== '') {
    const auto = chains.find(
      (chain) => chain.kind === 'auto-passthrough' && serviceOfSni(sni, chain.hosts, registry, proxyNamespace),
    );
    if (auto) return hello.alpn.some((name) => ISTIO_ALPN.includes(name)) ? auto : undefined;
    const exact = chains.find(({ sniHosts }) => sniHosts?.includes(sni));
    if (exact) return exact;
    const wildcard = longestWildcard(chains, sni);
    if (wildcard) return wildcard;
  }
  return chains.find(({ kind, sniHosts }) => kind !== 'auto-passthrough' && sniHosts === null);
}

function longestWildcard(chains: readonly FilterChain[], sni: string): FilterChain | undefined {
  let found: FilterChain | undefined;
  let length = 0;
  for (const chain of chains) {
    for (const name of chain.sniHosts ?? []) {
      if (name.startsWith('*') && name.length > length && covers(name, sni)) {
        found = chain;
        length = name.length;
      }
    }
  }
  return found;
}
