import { serviceOfSni } from './auto-passthrough.ts';
import type { FilterChain } from './filter-chain.ts';
import { isWildcard } from './host-name.ts';
import type { Registry } from './registry.ts';

/** What a connection shows before its first byte of content. */
export interface Hello {
  /** Lower case; empty in plaintext and without SNI. */
  readonly sni: string;
  readonly alpn: readonly string[];
}

/** ALPN names that Istio's proxies use among themselves. Source: istio pilot/pkg/networking/core/listener.go (allIstioMtlsALPNs). */
const ISTIO_ALPN: readonly string[] = ['istio', 'istio-peer-exchange', 'istio-http/1.0', 'istio-http/1.1', 'istio-h2'];

/** The chains of one listener, found by name. Of two chains for one name the first counts. */
export class FilterChains {
  readonly all: readonly FilterChain[];
  readonly #byName = new Map<string, FilterChain>();
  readonly #auto: readonly Extract<FilterChain, { kind: 'auto-passthrough' }>[];
  readonly #anyName: FilterChain | undefined;
  readonly #hasWildcards: boolean;

  constructor(chains: readonly FilterChain[]) {
    this.all = chains;
    this.#auto = chains.flatMap((chain) => (chain.kind === 'auto-passthrough' ? [chain] : []));
    this.#anyName = chains.find(({ kind, sniHosts }) => kind !== 'auto-passthrough' && sniHosts === null);
    for (const chain of chains) {
      for (const name of chain.sniHosts ?? []) if (!this.#byName.has(name)) this.#byName.set(name, chain);
    }
    this.#hasWildcards = [...this.#byName.keys()].some(isWildcard);
  }

  /**
   * The chain that takes a connection: exact name, longest wildcard, any name. There is no second choice: where the ALPN does not fit the
   * name that was found, the connection is closed.
   *
   * Source: envoy source/common/listener_manager/filter_chain_manager_impl.cc (findFilterChainForServerName).
   */
  choose({ sni, alpn }: Hello, registry: Registry, proxyNamespace: string): FilterChain | undefined {
    if (sni === '') return this.#anyName;
    const auto = this.#auto.find(({ hosts }) => serviceOfSni(sni, hosts, registry, proxyNamespace));
    if (auto) return alpn.some((name) => ISTIO_ALPN.includes(name)) ? auto : undefined;
    return (isWildcard(sni) ? undefined : this.#byName.get(sni)) ?? this.#longestWildcard(sni) ?? this.#anyName;
  }

  #longestWildcard(sni: string): FilterChain | undefined {
    if (!this.#hasWildcards) return undefined;
    for (let from = 0; from < sni.length; from++) {
      const chain = this.#byName.get(`*${sni.slice(from)}`);
      if (chain) return chain;
    }
    return undefined;
  }
}
