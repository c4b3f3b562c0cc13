import { isObject } from '../../model/shape.ts';
import type { Control } from './proxy-change.ts';

/** What an Envoy filter is good for, as far as verdicts go. */
export type FilterClass =
  | { readonly kind: 'control'; readonly control: Control }
  /** Answers no question of access: statistics, compression, local rate limits, buffers (reference §15.9). */
  | { readonly kind: 'harmless' }
  /** Runs code that may change any attribute of a request. */
  | { readonly kind: 'code' }
  | { readonly kind: 'unknown' };

const CONTROLS: readonly (readonly [RegExp, Control])[] = [
  [/(^|[._])rbac$/i, 'RBAC'],
  [/(^|[._])jwt_?authn$/i, 'JWT authentication'],
  [/(^|[._])ext_authz$|(^|\.)extauthz$/i, 'external authorization'],
];
const HARMLESS =
  /(^|[._])(local_?rate_?limit|rate_?limit|compressor|gzip|brotli|decompressor|buffer|file_system_buffer|grpc_?stats|grpc_?json_transcoder|grpc_?web|stats|istio_stats|stackdriver|access_?log|cors|fault|http_?fault|tap|bandwidth_?limit|admission_?control|adaptive_concurrency|connection_?limit|metadata_exchange|alpn|health_?check|peer_metadata|router|tls_inspector|http_inspector|original_dst)$/i;
const CODE = /(^|[._])(lua|wasm|ext_?proc|external_?processor|golang|header_?mutation|dynamic_modules?)\d*$/i;

export function classifyName(name: string): FilterClass {
  const control = CONTROLS.find(([pattern]) => pattern.test(name))?.[1];
  if (control) return { kind: 'control', control };
  if (CODE.test(name)) return { kind: 'code' };
  return { kind: HARMLESS.test(name) ? 'harmless' : 'unknown' };
}

/** The filter that a patch puts in: its type counts more than its name, which anybody may choose. */
export function classifyValue(value: unknown): FilterClass {
  const type = typeOf(value);
  const byType = type === undefined ? undefined : classifyType(type);
  if (byType && byType.kind !== 'unknown') return byType;
  const name = nameOf(value);
  // A name that says nothing of a type that is not known.
  return name === undefined || (type !== undefined && classifyName(name).kind === 'harmless')
    ? { kind: 'unknown' }
    : classifyName(name);
}

/** `type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua`: the package names the filter. */
function classifyType(type: string): FilterClass {
  const parts = type.slice(type.lastIndexOf('/') + 1).split('.');
  const version = parts.findIndex((part) => /^v\d/.test(part));
  return classifyName(parts[version > 0 ? version - 1 : parts.length - 2] ?? '');
}

export function nameOf(value: unknown): string | undefined {
  return isObject(value) && typeof value.name === 'string' ? value.name : undefined;
}

function typeOf(value: unknown): string | undefined {
  if (!isObject(value)) return undefined;
  const config = fieldOf(value, 'typed_config');
  if (isObject(config)) {
    // A TypedStruct carries the type in a field of its own.
    const inner = config.type_url ?? config.typeUrl;
    const outer = config['@type'];
    const type = typeof inner === 'string' ? inner : outer;
    return typeof type === 'string' ? type : undefined;
  }
  const discovery = fieldOf(value, 'config_discovery');
  const urls = isObject(discovery) ? fieldOf(discovery, 'type_urls') : undefined;
  return Array.isArray(urls) && typeof urls[0] === 'string' ? urls[0] : undefined;
}

/** Envoy's JSON takes `typed_config` and `typedConfig`. */
export function fieldOf(value: Readonly<Record<string, unknown>>, snake: string): unknown {
  return value[snake] ?? value[snake.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())];
}

export const toSnake = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
