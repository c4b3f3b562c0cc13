import type { EnvoyDump, EnvoyJson, LoadedRoutes } from '../../model/observation/envoy-dump.ts';
import { isObject } from '../../model/shape.ts';
import { at, listAt, textAt } from './json.ts';
import type { Leads, Serving, Terms, TlsTerms } from './serving.ts';

const MANAGER = 'envoy.filters.network.http_connection_manager';
const TCP = 'envoy.filters.network.tcp_proxy';
/** istiod puts it where a listener has no route at all. */
const BLACKHOLE = /^blackhole:\d+$/;
/** Names by which sidecars of other networks ask for Services: as many as there are Services. */
const BETWEEN_PROXIES = /^outbound_\./;

/** Ports on which Envoy was sent a listener. */
export const loadedPorts = ({ listeners }: Pick<EnvoyDump, 'listeners'>): readonly number[] => [
  ...new Set(
    listeners.flatMap(({ config }) => {
      const { port_value: port } = at(config, 'address', 'socket_address');
      return typeof port === 'number' && port > 0 ? [port] : [];
    }),
  ),
];

export interface LoadedServing extends Serving {
  /** It passes TLS between proxies on, by the Service that they ask for. */
  readonly passesOn: boolean;
}

/** What Envoy's chains on a port make of connections; undefined: it has none. */
export function loadedServing(
  { listeners, routes }: Pick<EnvoyDump, 'listeners' | 'routes'>,
  port: number,
): LoadedServing | undefined {
  const chains = listeners
    .filter(({ config }) => at(config, 'address', 'socket_address').port_value === port)
    .flatMap(({ config }) => [...listAt(config, 'filter_chains'), config.default_filter_chain].filter(isObject));
  if (chains.length === 0) return undefined;
  const names = new Map<string, Terms>();
  const hosts = new Map<string, Leads>();
  let passesOn = false;
  for (const chain of chains) {
    const asked = listAt(chain, 'filter_chain_match', 'server_names').filter((name) => typeof name === 'string');
    if (asked.length > 0 && asked.every((name) => BETWEEN_PROXIES.test(name))) {
      passesOn = true;
      continue;
    }
    const filters = listAt(chain, 'filters').filter(isObject);
    const manager = filters.find((filter) => textAt(filter, 'name') === MANAGER);
    const terms: Terms = { reads: manager ? 'http' : 'bytes', tls: tlsOf(chain) };
    const own = asked.length > 0 ? [...asked].sort() : ['*'];
    for (const name of own) names.set(name, terms);
    const [first = '*'] = own;
    if (manager) {
      for (const [host, leads] of hostsOf(manager, routes)) hosts.set(`${first} ${host}`, leads);
    } else {
      const proxy = filters.find((filter) => textAt(filter, 'name') === TCP);
      hosts.set(`${first} (bytes)`, proxy && { redirects: false, to: clustersOf(at(proxy, 'typed_config')) });
    }
  }
  return { names, hosts, passesOn };
}

/** Source: istio pilot/pkg/networking/core/gateway.go (buildGatewayListenerTLSContext). */
function tlsOf(chain: EnvoyJson): TlsTerms | null {
  const context = at(chain, 'transport_socket', 'typed_config');
  if (!/DownstreamTlsContext$/.test(textAt(context, '@type') ?? '')) return null;
  const common = at(context, 'common_tls_context');
  const combined = at(common, 'combined_validation_context');
  const isValidating = [
    'combined_validation_context',
    'validation_context',
    'validation_context_sds_secret_config',
  ].some((field) => isObject(common[field]));
  const validation = {
    ...at(common, 'validation_context'),
    ...at(combined, 'default_validation_context'),
  };
  const secret =
    textAt(at(combined, 'validation_context_sds_secret_config'), 'name') ??
    textAt(at(common, 'validation_context_sds_secret_config'), 'name');
  const typed = listAt(validation, 'match_typed_subject_alt_names').map((each) => at(each, 'matcher'));
  const names = [...listAt(validation, 'match_subject_alt_names'), ...typed].flatMap(
    (each) => textAt(each, 'exact') ?? [],
  );
  return {
    asksFor:
      context.require_client_certificate === true
        ? 'a certificate'
        : isValidating
          ? 'a certificate if there is one'
          : 'no certificate',
    ca: secret === 'ROOTCA' ? 'mesh' : 'other',
    names: [...new Set(names)].sort(),
    pinned: ['verify_certificate_hash', 'verify_certificate_spki'].some(
      (field) => listAt(validation, field).length > 0,
    ),
    untrusted: validation.trust_chain_verification === 'ACCEPT_UNTRUSTED',
    minVersion: textAt(at(common, 'tls_params'), 'tls_minimum_protocol_version'),
  };
}

function hostsOf(manager: EnvoyJson, routes: readonly LoadedRoutes[] | undefined): ReadonlyMap<string, Leads> {
  const name = textAt(at(manager, 'typed_config', 'rds'), 'route_config_name');
  const found = routes?.find((each) => each.name === name);
  if (!found) return new Map([[NOT_DUMPED, undefined]]);
  const hosts = new Map<string, Leads>();
  for (const { name: host, domains, redirects, leads } of found.hosts) {
    if (BLACKHOLE.test(host)) continue;
    for (const domain of domains) if (!/:(\d+|\*)$/.test(domain)) hosts.set(domain, { redirects, to: leads });
  }
  return hosts;
}

/** In place of hosts whose routes are not in the dump. */
export const NOT_DUMPED = '(routes)';

function clustersOf({ cluster, weighted_clusters }: EnvoyJson): readonly string[] {
  if (typeof cluster === 'string') return [cluster];
  return listAt(weighted_clusters, 'clusters')
    .filter((each) => at(each).weight !== 0 && at(each).weight !== undefined)
    .flatMap((each) => textAt(each, 'name') ?? [])
    .sort();
}
