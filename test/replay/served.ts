import type { LoadedListener } from '../../src/model/observation/envoy-dump.ts';

type Json = Readonly<Record<string, unknown>>;
type Part =
  | number
  | { readonly http: readonly number[]; readonly rds?: Json; readonly route_config?: Json }
  | { readonly tcp: Json };
type Chain = Json & { readonly filters: readonly Part[] };

/** What a gateway or waypoint of a recorded scene is sent (conformance/internal/loaded/whole.go). */
export interface Served {
  readonly set: string;
  readonly filters: readonly Json[];
  readonly listeners: readonly (Json & {
    readonly name: string;
    readonly filter_chains: readonly Chain[];
    readonly default_filter_chain?: Chain;
  })[];
  readonly routes?: readonly Json[];
}

/** Its listeners as a dump shows them. */
export function listenersOf({ filters, listeners }: Served): readonly LoadedListener[] {
  const whole = (part: Part): unknown => {
    if (typeof part === 'number') return filters[part];
    if ('tcp' in part) return { name: 'envoy.filters.network.tcp_proxy', typed_config: part.tcp };
    const { http, ...rest } = part;
    const config = { ...rest, http_filters: http.map((number) => filters[number]) };
    return { name: 'envoy.filters.network.http_connection_manager', typed_config: config };
  };
  const chainOf = (chain: Chain) => ({ ...chain, filters: chain.filters.map(whole) });
  return listeners.map(({ filter_chains, default_filter_chain, ...rest }) => ({
    name: rest.name,
    config: {
      ...rest,
      filter_chains: filter_chains.map(chainOf),
      ...(default_filter_chain ? { default_filter_chain: chainOf(default_filter_chain) } : {}),
    },
  }));
}
