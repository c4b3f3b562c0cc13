import type { EnvoyDump, EnvoyJson, LoadedListener } from '../../model/observation/envoy-dump.ts';
import { isObject } from '../../model/shape.ts';
import { at, listAt, textAt } from './json.ts';

/** A filter chain of `virtualInbound`: which connections it takes, and what it makes of them. */
export interface LoadedChain {
  readonly name: string;
  /** Absent: of every port that no other chain names. */
  readonly port?: number;
  /** Whether TLS ends here, by whom, and whose certificate is demanded. */
  readonly tls: LoadedTls | null;
  /** It takes only what is TLS, or only what is not; absent: both. */
  readonly transport?: 'tls' | 'raw_buffer';
  readonly alpn: readonly string[];
  readonly type: 'http' | 'tcp';
  readonly filters: readonly LoadedFilter[];
}

export interface LoadedTls {
  readonly demandsCertificate: boolean;
  /** Trust domains whose identities it takes; absent: it does not look at names. */
  readonly trustDomains?: readonly string[];
}

export interface LoadedFilter {
  readonly name: string;
  readonly config: EnvoyJson;
}

const MANAGER = 'envoy.filters.network.http_connection_manager';
/** Where inbound traffic is redirected to. */
const BLACKHOLE = 'virtualInbound-blackhole';

/** The chains of a sidecar's inbound listener; empty where it has none in use. */
export function readChains({ listeners }: Pick<EnvoyDump, 'listeners'>): readonly LoadedChain[] {
  const inbound = listeners.find(({ name }) => name === 'virtualInbound');
  return inbound ? chainsOf(inbound).filter(({ name }) => name !== BLACKHOLE) : [];
}

/** The chains of a gateway's listeners on a port: one for each server name that is told apart. */
export function readGatewayChains({ listeners }: Pick<EnvoyDump, 'listeners'>, port: number): readonly LoadedChain[] {
  return listeners
    .filter(({ config }) => at(config, 'address', 'socket_address').port_value === port)
    .flatMap(chainsOf);
}

/** The chains of a waypoint behind its tunnel: one for each port of a service, and those for what is addressed to pods. */
export function readWaypointChains({ listeners }: Pick<EnvoyDump, 'listeners'>): readonly LoadedChain[] {
  return listeners.filter(({ name }) => name === 'main_internal').flatMap(chainsOf);
}

const chainsOf = ({ config }: LoadedListener): readonly LoadedChain[] =>
  [...listAt(config, 'filter_chains'), config.default_filter_chain].filter(isObject).map(readChain);

function readChain(chain: EnvoyJson): LoadedChain {
  const match = at(chain, 'filter_chain_match');
  const network = listAt(chain, 'filters').filter(isObject);
  const manager = network.find((filter) => textAt(filter, 'name') === MANAGER);
  const before = network.filter((filter) => filter !== manager).map(filterOf);
  const http = manager ? listAt(manager, 'typed_config', 'http_filters').filter(isObject).map(filterOf) : [];
  const transport = textAt(match, 'transport_protocol');
  return {
    name: textAt(chain, 'name') ?? '',
    ...(typeof match.destination_port === 'number' ? { port: match.destination_port } : {}),
    tls: tlsOf(chain),
    ...(transport === 'tls' || transport === 'raw_buffer' ? { transport } : {}),
    alpn: listAt(match, 'application_protocols').filter((name) => typeof name === 'string'),
    type: manager ? 'http' : 'tcp',
    filters: [...before, ...http],
  };
}

const filterOf = (filter: EnvoyJson): LoadedFilter => ({
  name: textAt(filter, 'name') ?? '',
  config: at(filter, 'typed_config'),
});

/** Source: istio pilot/pkg/networking/plugin/authn/util.go (applyDownstreamTLSDefaults and what calls it). */
function tlsOf(chain: EnvoyJson): LoadedTls | null {
  const context = at(chain, 'transport_socket', 'typed_config');
  if (!/DownstreamTlsContext$/.test(textAt(context, '@type') ?? '')) return null;
  const combined = at(context, 'common_tls_context', 'combined_validation_context', 'default_validation_context');
  const names = [
    ...listAt(combined, 'match_subject_alt_names'),
    ...listAt(combined, 'match_typed_subject_alt_names').map((name) => at(name, 'matcher')),
  ];
  const domains = names.map((name) => /^spiffe:\/\/([^/]+)\/$/.exec(textAt(name, 'prefix') ?? '')?.[1]);
  return {
    demandsCertificate: context.require_client_certificate === true,
    ...(domains.length > 0 ? { trustDomains: domains.map((domain) => domain ?? '(a name of another form)') } : {}),
  };
}

/** The chains that a port's connections may get: its own, or those of every port (Envoy looks at the port first and does not go back). */
export function chainsOfPort(chains: readonly LoadedChain[], port: number): readonly LoadedChain[] {
  const own = chains.filter((chain) => chain.port === port);
  return own.length > 0 ? own : chains.filter((chain) => chain.port === undefined);
}

export interface LoadedMtls {
  readonly mode: 'STRICT' | 'PERMISSIVE' | 'DISABLE';
  /** Whose certificates pass; empty where none is demanded. */
  readonly trustDomains: readonly string[];
}

/** What the chains of a port come to as a mode of PeerAuthentication (reference §1.3). */
export function mtlsOf(chains: readonly LoadedChain[]): LoadedMtls {
  const mutual = chains.filter(({ tls }) => tls?.demandsCertificate === true);
  const plain = chains.some(({ tls, transport }) => tls === null && transport !== 'tls');
  const trustDomains = [...new Set(mutual.flatMap(({ tls }) => tls?.trustDomains ?? []))].sort();
  return { mode: mutual.length === 0 ? 'DISABLE' : plain ? 'PERMISSIVE' : 'STRICT', trustDomains };
}

/** The chain that mutual TLS of the mesh, or plaintext, gets; undefined: refused. HTTP where the port tells by the bytes and these are. */
export function chainFor(
  chains: readonly LoadedChain[],
  transport: 'mtls' | 'plaintext',
  type: 'http' | 'tcp',
): LoadedChain | undefined {
  const takes = ({ tls, transport: taken }: LoadedChain): boolean =>
    transport === 'mtls' ? tls?.demandsCertificate === true && taken !== 'raw_buffer' : tls === null && taken !== 'tls';
  return chains.find((chain) => chain.type === type && takes(chain));
}
