import type { EnvoyDump, EnvoyJson, LoadedListener } from '../../model/observation/envoy-dump.ts';
import type { AmbientIndexDump, AmbientState, ZtunnelDump } from '../../model/observation/ambient-state.ts';
import { COMPARED_KINDS, type HeldObjects } from '../../model/observation/held-objects.ts';
import type { KnownServices } from '../../model/observation/known-services.ts';
import { KINDS } from '../../model/kinds.ts';
import type { SyncStatus } from '../../model/observation/sync-status.ts';
import { isObject } from '../../model/shape.ts';
import { pruneObject } from '../redact/prune-object.ts';
import { redactText } from '../redact/redact-text.ts';
import { redactValue } from '../redact/redact-value.ts';

/** What is kept of a running mesh when its proxies are dumped. */
export type KeptObservation = EnvoyDump | ZtunnelDump | AmbientIndexDump | HeldObjects | KnownServices | SyncStatus;

/** What the comparison reads of a dump, and nothing else: scripts, keys, logs and routes that a listener holds are left behind, credentials redacted. */
export function keepObservation(observation: KeptObservation): KeptObservation {
  switch (observation.kind) {
    case 'envoy-config-dump':
      return {
        ...observation,
        proxy: redactValue(observation.proxy) as EnvoyDump['proxy'],
        listeners: observation.listeners.map(keepListener),
        rejected: observation.rejected.map((each) => ({ ...each, details: redactText(each.details) })),
      };
    case 'ztunnel-config-dump':
    case 'istiod-ambientz':
      return { ...observation, ...keepPolicies(observation) };
    case 'istiod-objects':
      return { ...observation, objects: observation.objects.flatMap(keepObject) };
    case 'istiod-services':
      return observation;
    case 'istiod-syncz':
      return {
        ...observation,
        proxies: observation.proxies.map((each) => ({ ...each, errors: each.errors.map(redactText) })),
      };
  }
}

const keepPolicies = ({ policies }: AmbientState): Pick<AmbientState, 'policies'> =>
  policies ? { policies: policies.map((each) => redactValue(each) as EnvoyJson) } : {};

/** As the same object is kept of the API server. */
function keepObject(object: HeldObjects['objects'][number]): HeldObjects['objects'] {
  const { apiVersion, kind } = object;
  if (typeof apiVersion !== 'string' || !COMPARED_KINDS.some((name) => name === kind)) return [];
  const definition = KINDS.find((each) => each.kind === kind && each.group === apiVersion.split('/')[0]);
  return definition ? [pruneObject(object, apiVersion, definition)] : [];
}

const keepListener = ({ config, ...rest }: LoadedListener): LoadedListener => ({
  ...rest,
  config: redactValue({
    ...pick(config, 'name', 'address', 'traffic_direction'),
    filter_chains: listOf(config.filter_chains).map(keepChain),
    ...(isObject(config.default_filter_chain) ? { default_filter_chain: keepChain(config.default_filter_chain) } : {}),
  }) as EnvoyJson,
});

const keepChain = (chain: EnvoyJson): EnvoyJson => ({
  ...pick(chain, 'name', 'filter_chain_match'),
  filters: listOf(chain.filters).map(keepFilter),
  ...(isObject(chain.transport_socket) ? { transport_socket: keepSocket(chain.transport_socket) } : {}),
});

function keepFilter(filter: EnvoyJson): EnvoyJson {
  const config = isObject(filter.typed_config) ? filter.typed_config : {};
  const kept = { ...pick(config, '@type'), ...keepConfig(filter.name, config) };
  return { ...pick(filter, 'name', 'disabled'), typed_config: kept };
}

/** Of the filters that decide, by the names that istiod gives them; of others that they are there. */
function keepConfig(name: unknown, config: EnvoyJson): EnvoyJson {
  switch (name) {
    case 'envoy.filters.http.rbac':
    case 'envoy.filters.network.rbac':
      return pick(config, 'rules', 'shadow_rules', 'shadow_rules_stat_prefix');
    case 'envoy.filters.http.jwt_authn':
      return { ...pick(config, 'rules'), providers: keepProviders(config.providers) };
    case 'envoy.filters.http.ext_authz':
    case 'envoy.filters.network.ext_authz':
      return pick(config, 'filter_enabled_metadata');
    case 'envoy.filters.network.http_connection_manager':
      return {
        http_filters: listOf(config.http_filters).map(keepFilter),
        ...(isObject(config.rds) ? { rds: pick(config.rds, 'route_config_name') } : {}),
      };
    case 'envoy.filters.network.tcp_proxy':
      return pick(config, 'cluster', 'weighted_clusters');
    default:
      return {};
  }
}

/** Keys that tokens are checked with are not compared. */
function keepProviders(providers: unknown): EnvoyJson {
  const entries = Object.entries(isObject(providers) ? providers : {});
  return Object.fromEntries(
    entries.map(([name, provider]) => {
      const { local_jwks, remote_jwks, ...rest } = isObject(provider) ? provider : {};
      return [name, rest];
    }),
  );
}

/** Whose certificates it asks for, and which versions of TLS it speaks; keys and trusted certificates are named, not held. */
function keepSocket({ name, typed_config }: EnvoyJson): EnvoyJson {
  const config = isObject(typed_config) ? typed_config : {};
  const common = isObject(config.common_tls_context) ? config.common_tls_context : {};
  const kept: Record<string, unknown> = {};
  if (isObject(common.tls_params)) kept.tls_params = pick(common.tls_params, 'tls_minimum_protocol_version');
  const { combined_validation_context: combined, validation_context: validation } = common;
  if (isObject(combined)) {
    const { default_validation_context: fallback, validation_context_sds_secret_config: secret } = combined;
    kept.combined_validation_context = {
      ...(isObject(fallback) ? { default_validation_context: keepValidation(fallback) } : {}),
      ...(isObject(secret) ? { validation_context_sds_secret_config: pick(secret, 'name') } : {}),
    };
  }
  if (isObject(validation)) kept.validation_context = keepValidation(validation);
  if (isObject(common.validation_context_sds_secret_config))
    kept.validation_context_sds_secret_config = pick(common.validation_context_sds_secret_config, 'name');
  return { name, typed_config: { ...pick(config, '@type', 'require_client_certificate'), common_tls_context: kept } };
}

const keepValidation = (context: EnvoyJson): EnvoyJson =>
  pick(
    context,
    'match_subject_alt_names',
    'match_typed_subject_alt_names',
    'verify_certificate_hash',
    'verify_certificate_spki',
    'trust_chain_verification',
  );

const pick = (from: EnvoyJson, ...fields: readonly string[]): EnvoyJson =>
  Object.fromEntries(fields.flatMap((field) => (from[field] === undefined ? [] : [[field, from[field]]])));

const listOf = (value: unknown): readonly EnvoyJson[] => (Array.isArray(value) ? value.filter(isObject) : []);
