import type { EnvoyFilterPatch } from '../../model/istio/envoy-filter.ts';
import { isObject } from '../../model/shape.ts';
import { classifyName, classifyValue, fieldOf, nameOf, toSnake } from './filter-names.ts';
import type { Control, ProxyChange, ProxyEffect } from './proxy-change.ts';

export interface Classified {
  readonly effect: ProxyEffect;
  readonly chain: ProxyChange['chain'];
}

type Operation = NonNullable<NonNullable<EnvoyFilterPatch['patch']>['operation']>;

const MANAGER = 'envoy.filters.network.http_connection_manager';
/** As istiod names the HTTP filters that decide. */
const OWN_FILTER = /^envoy\.filters\.http\.(rbac|jwt_authn|ext_authz)$/;
const HCM = /(^|[._])http_?connection_?manager$/i;
/** Filters that stand behind RBAC in the chains that istiod builds. */
const BEHIND_RBAC = /(^|[._])(router|fault|cors|grpc_?stats|stats|stackdriver|alpn)$/i;
const ENFORCED = 'what is enforced';

/**
 * What one patch does to the verdicts of a proxy that it matches; undefined: nothing.
 *
 * Source: istio pilot/pkg/networking/core/envoyfilter/listener_patch.go (reference §9.1, §15.9).
 */
export function classifyPatch(patch: EnvoyFilterPatch, certain: boolean, isGateway: boolean): Classified | undefined {
  switch (patch.applyTo) {
    case 'HTTP_FILTER':
      return classifyHttpFilter(patch, certain);
    case 'NETWORK_FILTER':
      return classifyNetworkFilter(patch, certain);
    case 'FILTER_CHAIN':
      return classifyFilterChain(patch);
    case 'LISTENER':
      return classifyListener(patch, isGateway);
    case 'LISTENER_FILTER':
      return classifyValue(patch.patch?.value).kind === 'harmless' ? undefined : unclear('connections', 'any');
    case 'ROUTE_CONFIGURATION':
    case 'VIRTUAL_HOST':
    case 'HTTP_ROUTE':
      return classifyRoute(patch, isGateway);
    case 'BOOTSTRAP':
      return keysOf(patch.patch?.value).includes('layered_runtime') ? unclear(ENFORCED, 'any') : undefined;
    default:
      // Clusters and extension configurations are what others refer to.
      return undefined;
  }
}

const unclear = (what: string, chain: ProxyChange['chain']): Classified => ({
  effect: { kind: 'unclear', what },
  chain,
});

function removal(
  control: Control,
  chain: ProxyChange['chain'],
  { certain, operation }: { readonly certain: boolean; readonly operation?: Operation | undefined },
): Classified {
  return { effect: { kind: 'removes', control, certain, replaced: operation === 'REPLACE' }, chain };
}

const isMerge = (operation: Operation | undefined): boolean =>
  operation === 'MERGE' || operation === 'MERGE_AND_REPLACE_LIST';

function classifyHttpFilter({ match, patch }: EnvoyFilterPatch, certain: boolean): Classified | undefined {
  const filter = match?.listener?.filterChain?.filter ?? match?.waypoint?.filter;
  // Names are compared as they are, and the one of the manager must be there (recorded in conformance/vectors/envoy-filters.jsonl).
  if (filter && filter.name !== MANAGER && filter.subFilter) return undefined;
  if (filter?.name && !HCM.test(filter.name)) return undefined;
  const target = filter?.subFilter?.name;
  const { operation, value } = patch ?? {};
  if (operation === 'REMOVE' || operation === 'REPLACE') {
    const found = classifyName(target ?? nameOf(value) ?? '');
    if (found.kind === 'control' && target !== undefined && !OWN_FILTER.test(target)) return undefined;
    if (found.kind === 'control')
      return removal(found.control, 'http', { certain: certain && target !== undefined, operation });
    // Skipped by istiod; older releases took it for one that matches every filter.
    if (target === undefined) return unclear(ENFORCED, 'http');
    if (/(^|[._])(router|istio_authn)$/.test(target)) return unclear(ENFORCED, 'http');
    return operation === 'REPLACE' ? added(patch, target) : undefined;
  }
  if (isMerge(operation)) {
    const found = target === undefined ? classifyValue(value) : classifyName(target);
    if (found.kind === 'control') return unclear(found.control, 'http');
    if (found.kind === 'code') return { effect: { kind: 'rewrites' }, chain: 'http' };
    return found.kind === 'harmless' ? undefined : unclear(ENFORCED, 'http');
  }
  return added(patch, target);
}

/** A filter that is put in, before or behind those that decide. */
function added(patch: EnvoyFilterPatch['patch'], target: string | undefined): Classified | undefined {
  const found = classifyValue(patch?.value);
  if (found.kind === 'harmless') return undefined;
  if (found.kind === 'control') return unclear(found.control, 'http');
  if (found.kind === 'unknown') return unclear(ENFORCED, 'http');
  return { effect: { kind: isBehind(patch, target) ? 'rewrites-later' : 'rewrites' }, chain: 'http' };
}

function isBehind(patch: EnvoyFilterPatch['patch'], target: string | undefined): boolean {
  const { operation, filterClass } = patch ?? {};
  if (operation === 'INSERT_FIRST') return false;
  if (operation === 'ADD' || (operation === 'INSERT_AFTER' && target === undefined))
    return filterClass !== 'AUTHN' && filterClass !== 'AUTHZ';
  return target !== undefined && BEHIND_RBAC.test(target);
}

/** Settings of the connection manager that change how policies read a request. */
const READING: ReadonlySet<string> = new Set([
  'normalize_path',
  'merge_slashes',
  'path_with_escaped_slashes_action',
  'path_normalization_options',
  'strip_any_host_port',
  'strip_matching_host_port',
  'strip_trailing_host_dot',
  'use_remote_address',
  'xff_num_trusted_hops',
  'skip_xff_append',
  'original_ip_detection_extensions',
  'early_header_mutation_extensions',
  'internal_address_config',
  'scheme_header_transformation',
]);
const HARMLESS_SETTING =
  /timeout|duration|access_log|tracing|stat_prefix|_protocol_options$|^upgrade_configs$|^server_name$|^server_header|^local_reply|request_id|max_request_headers|client_cert_details|^proxy_100|^proxy_status|user_agent|^via$|^codec_type$|^@type$|stream_error|represent_ipv4|append_local_overload|delayed_close/;

function classifyNetworkFilter({ match, patch }: EnvoyFilterPatch, certain: boolean): Classified | undefined {
  const target = match?.listener?.filterChain?.filter?.name ?? match?.waypoint?.filter?.name;
  const { operation, value } = patch ?? {};
  if (operation === 'REMOVE' || operation === 'REPLACE') {
    if (target === undefined) return unclear(ENFORCED, 'any');
    if (HCM.test(target) || /(^|[._])tcp_proxy$/.test(target)) return unclear(ENFORCED, 'any');
    const found = classifyName(target);
    if (found.kind === 'control') return removal(found.control, 'tcp', { certain, operation });
    return operation === 'REPLACE' && classifyValue(value).kind !== 'harmless' ? unclear(ENFORCED, 'tcp') : undefined;
  }
  if (!isMerge(operation)) {
    const found = classifyValue(value);
    if (found.kind === 'harmless' || found.kind === 'code') return undefined;
    return unclear(found.kind === 'control' ? found.control : ENFORCED, 'tcp');
  }
  const name = target ?? nameOf(value) ?? '';
  if (HCM.test(name)) return classifyManager(value);
  if (/(^|[._])tcp_proxy$/.test(name)) {
    return keysOf(configOf(value)).every((key) => HARMLESS_SETTING.test(key)) ? undefined : unclear(ENFORCED, 'tcp');
  }
  const found = classifyName(name);
  if (found.kind === 'control') return unclear(found.control, 'tcp');
  return found.kind === 'harmless' ? undefined : unclear(ENFORCED, 'any');
}

function classifyManager(value: unknown): Classified | undefined {
  const keys = keysOf(configOf(value)).filter((key) => !HARMLESS_SETTING.test(key));
  if (keys.length === 0) return undefined;
  return keys.every((key) => READING.has(key))
    ? { effect: { kind: 'rewrites' }, chain: 'http' }
    : unclear(ENFORCED, 'http');
}

const configOf = (value: unknown): unknown => (isObject(value) ? fieldOf(value, 'typed_config') : undefined);
const keysOf = (value: unknown): readonly string[] => (isObject(value) ? Object.keys(value).map(toSnake) : []);

function classifyFilterChain({ patch }: EnvoyFilterPatch): Classified | undefined {
  const { operation, value } = patch ?? {};
  if (!isMerge(operation) || !isObject(value)) return unclear(ENFORCED, 'any');
  const others = keysOf(value).filter((key) => !['transport_socket', 'name', 'metadata'].includes(key));
  if (others.some((key) => !HARMLESS_SETTING.test(key))) return unclear(ENFORCED, 'any');
  const socket = fieldOf(value, 'transport_socket');
  if (!isObject(socket)) return undefined;
  const config = fieldOf(socket, 'typed_config');
  const demands = isObject(config) ? fieldOf(config, 'require_client_certificate') : undefined;
  const isTls = /tls/i.test(nameOf(socket) ?? String(isObject(config) ? config['@type'] : ''));
  // TLS that asks for no certificate still knows those who show one.
  const operationOfTls = isTls ? 'REPLACE' : 'REMOVE';
  if (!isTls || demands === false) return removal('mutual TLS', 'any', { certain: false, operation: operationOfTls });
  const common = isObject(config) ? fieldOf(config, 'common_tls_context') : undefined;
  const onlyParameters =
    keysOf(config).every((key) => key === '@type' || key === 'common_tls_context') &&
    keysOf(common).every((key) => key === 'tls_params' || key === 'alpn_protocols');
  return onlyParameters ? undefined : unclear('mutual TLS', 'any');
}

const HARMLESS_LISTENER =
  /^(per_connection_buffer_limit_bytes|socket_options|tcp_backlog_size|connection_balance_config|enable_reuse_port|listener_filters_timeout|continue_on_listener_filters_timeout|access_log|stat_prefix|drain_type|max_connections_to_accept_per_socket_event|ignore_global_conn_limit|metadata|name)$/;

function classifyListener({ match, patch }: EnvoyFilterPatch, isGateway: boolean): Classified | undefined {
  const { operation, value } = patch ?? {};
  // Without a context, listeners are added at gateways and for outbound traffic only.
  if (operation === 'ADD')
    return isGateway || match?.context === 'SIDECAR_INBOUND' ? unclear('the listeners', 'any') : undefined;
  if (!isMerge(operation)) return unclear('the listeners', 'any');
  return keysOf(value).every((key) => HARMLESS_LISTENER.test(key)) ? undefined : unclear('the listeners', 'any');
}

const HARMLESS_ROUTE =
  /^(name|decorator|include_request_attempt_count|include_attempt_count_in_response|per_request_buffer_limit_bytes|hash_policy|rate_limits|cors|max_stream_duration|retry_policy|response_headers_to_(add|remove)|typed_per_filter_config|metadata|stat_prefix|virtual_hosts|routes|route|priority)$/;
const FORWARDED = /^request_headers_to_(add|remove)$/;

/** A route may switch filters off for its requests. */
function classifyRoute({ patch }: EnvoyFilterPatch, isGateway: boolean): Classified | undefined {
  const { operation, value } = patch ?? {};
  const settings = settingsIn(value);
  const switched = settings.flatMap(([key, inner]) =>
    key === 'typed_per_filter_config' && isObject(inner)
      ? Object.keys(inner).flatMap((name) => {
          const found = classifyName(name);
          if (found.kind !== 'control') return [];
          return [{ control: found.control, hasRules: bringsRules(inner[name]) }];
        })
      : [],
  );
  const own = switched.find(({ hasRules }) => hasRules);
  if (own) return unclear(own.control, 'http');
  if (switched[0]) return removal(switched[0].control, 'http', { certain: false });
  if (!isGateway) return undefined;
  const keys = settings.map(([key]) => key).filter((key) => !HARMLESS_ROUTE.test(key) && !HARMLESS_SETTING.test(key));
  if (!isMerge(operation) || keys.some((key) => !FORWARDED.test(key))) return unclear('the routes', 'http');
  return keys.length > 0 ? { effect: { kind: 'rewrites-later' }, chain: 'http' } : undefined;
}

/** A route that brings rules of its own may let in less, or others. */
function bringsRules(config: unknown): boolean {
  const rbac = isObject(config) ? fieldOf(config, 'rbac') : undefined;
  return isObject(rbac) && Object.keys(rbac).length > 0;
}

/** The settings of a route configuration, of its virtual hosts and of their routes. */
function settingsIn(value: unknown): readonly (readonly [string, unknown])[] {
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([written, inner]): readonly (readonly [string, unknown])[] => {
    const key = toSnake(written);
    const own = [[key, inner] as const];
    if (key === 'virtual_hosts' || key === 'routes')
      return [...own, ...(Array.isArray(inner) ? inner : []).flatMap(settingsIn)];
    return key === 'route' ? [...own, ...settingsIn(inner)] : own;
  });
}
