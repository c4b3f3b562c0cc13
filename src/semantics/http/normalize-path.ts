import type { PathNormalization } from '../../model/mesh-config.ts';

/**
 * The path as Envoy's policies see it, query kept and fragment gone. BASE decodes unreserved characters, turns backslashes into slashes and removes dot
 * segments; MERGE_SLASHES also folds `//`; DECODE_AND_MERGE_SLASHES first decodes %2F and %5C.
 *
 * Source: istio pilot/pkg/networking/core/listener_builder.go; envoy source/common/http/conn_manager_utility.cc (maybeNormalizePath),
 * path_utility.cc (reference §2.7, §14).
 */
export function normalizePath(sent: string, mode: PathNormalization): string {
  // Istio's bootstrap lets Envoy cut a fragment off where others refuse the request (istio pkg/bootstrap/config.go).
  const fragmentAt = sent.indexOf('#');
  const path = fragmentAt < 0 ? sent : sent.slice(0, fragmentAt);
  if (mode === 'NONE') return path;
  const queryAt = path.indexOf('?');
  let route = queryAt < 0 ? path : path.slice(0, queryAt);
  const rest = queryAt < 0 ? '' : path.slice(queryAt);
  if (mode === 'DECODE_AND_MERGE_SLASHES') route = route.replace(/%2f/gi, '/').replace(/%5c/gi, '\\');
  route = removeDotSegments(canonicalize(route));
  if (mode !== 'BASE') route = route.replace(/\/{2,}/g, '/');
  return route + rest;
}

/** Without query and fragment: what `paths` is compared with. */
export function withoutQuery(path: string): string {
  const end = path.search(/[?#]/);
  return end < 0 ? path : path.slice(0, end);
}

const UNRESERVED = /[A-Za-z0-9\-._~]/;

function canonicalize(path: string): string {
  if (!/[%\\]|[^!-~]/.test(path)) return path;
  return path
    .replace(/\\/g, '/')
    .replace(/%([0-9A-Fa-f]{2})/g, (encoded, hex: string) => {
      const character = String.fromCharCode(Number.parseInt(hex, 16));
      return UNRESERVED.test(character) ? character : encoded;
    })
    .replace(/[^!-~]/gu, (character) => encodeURIComponent(character));
}

function removeDotSegments(path: string): string {
  if (!path.includes('/.')) return path;
  const out: string[] = [];
  const segments = path.split('/');
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i] ?? '';
    const isLast = i === segments.length - 1;
    if (segment === '.') {
      if (isLast) out.push('');
    } else if (segment === '..') {
      if (out.length > 1) out.pop();
      if (isLast) out.push('');
    } else out.push(segment);
  }
  const joined = out.join('/');
  return joined.startsWith('/') ? joined : `/${joined}`;
}
