import type { RouteFilter } from '../../../model/gateway/filter.ts';
import type { GRPCRoute, GRPCRouteRule } from '../../../model/gateway/grpc-route.ts';
import type { HTTPRoute, HTTPRouteMatch, HTTPRouteRule } from '../../../model/gateway/http-route.ts';
import type {
  HeaderOperations,
  StringMatch,
  VirtualServiceHttpMatch,
  VirtualServiceHttpRoute,
} from '../../../model/istio/http-route.ts';
import type { Resources } from '../../../model/resources.ts';
import type { HttpRule } from '../route-object.ts';
import { type BackendOwner, readBackends, readDestination } from './backends.ts';

type Filters = readonly RouteFilter[] | undefined;
type Backends = HTTPRouteRule['backendRefs'] | GRPCRouteRule['backendRefs'];

/** A whole route object is dropped when one of its rules cannot be converted. */
class Unconvertible extends Error {}

/**
 * The rules of an HTTPRoute or GRPCRoute as those of a VirtualService, one match each, in the order in which they are tried.
 *
 * Source: istio pilot/pkg/config/kube/gateway/conversion.go (convertHTTPRoute, convertGRPCRoute, sortHTTPRoutes).
 */
export function readHttpRules(resources: Resources, route: HTTPRoute | GRPCRoute): readonly HttpRule[] {
  const isGrpc = route.kind === 'GRPCRoute';
  const owner: BackendOwner = {
    cluster: route.cluster,
    namespace: route.namespace,
    kind: isGrpc ? 'GRPCRoute' : 'HTTPRoute',
  };
  try {
    return (route.spec.rules ?? [{}]).flatMap((rule, index) => {
      const action = readAction(resources, owner, rule.filters, rule.backendRefs);
      const matches = isGrpc ? grpcMatches(rule as GRPCRouteRule) : httpMatches(rule as HTTPRouteRule);
      return matches.map((match, at): HttpRule => {
        const written = (rule.matches ?? []).length > 0 ? ['matches', at] : [];
        const spec = match ? { ...action, match: [match] } : action;
        return { spec, resource: route, path: ['spec', 'rules', index, ...written], index };
      });
    });
  } catch (error) {
    if (error instanceof Unconvertible) return [];
    throw error;
  }
}

function readAction(
  resources: Resources,
  owner: BackendOwner,
  filters: Filters,
  backendRefs: Backends,
): VirtualServiceHttpRoute {
  const filtered = readFilters(resources, owner, filters);
  const total = (backendRefs ?? []).reduce((sum, { weight = 1 }) => sum + weight, 0);
  if (filtered.redirect) return filtered;
  if (total === 0) return { ...filtered, directResponse: { status: 500 } };
  const backends = readBackends(resources, owner, backendRefs ?? []);
  if (!backends) throw new Unconvertible();
  const route = backends.map(({ index, ...backend }) => {
    const headers = readFilters(resources, owner, backendRefs?.[index]?.filters).headers;
    return headers ? { ...backend, headers } : backend;
  });
  return { ...filtered, route };
}

function readFilters(resources: Resources, owner: BackendOwner, filters: Filters): VirtualServiceHttpRoute {
  let read: VirtualServiceHttpRoute = {};
  for (const filter of filters ?? []) {
    switch (filter.type) {
      case 'RequestHeaderModifier':
        read = { ...read, headers: { ...read.headers, request: readHeaders(filter.requestHeaderModifier) } };
        break;
      case 'ResponseHeaderModifier':
        break;
      case 'RequestRedirect':
        read = { ...read, redirect: {} };
        break;
      case 'RequestMirror': {
        const mirror = readDestination(resources, owner, filter.requestMirror?.backendRef ?? {});
        const { percent, fraction } = filter.requestMirror ?? {};
        const value = fraction ? (100 * (fraction.numerator ?? 0)) / (fraction.denominator ?? 100) : (percent ?? 100);
        if (mirror?.host)
          read = { ...read, mirrors: [...(read.mirrors ?? []), { destination: mirror, percentage: { value } }] };
        break;
      }
      case 'URLRewrite':
        read = { ...read, rewrite: readRewrite(filter.urlRewrite) };
        break;
      case 'CORS':
        read = {
          ...read,
          corsPolicy: { allowOrigins: (filter.cors?.allowOrigins ?? []).map((exact) => ({ exact })) },
        };
        break;
      default:
        throw new Unconvertible();
    }
  }
  return read;
}

function readHeaders(written: RouteFilter['requestHeaderModifier']): HeaderOperations {
  const toMap = (
    entries: readonly { readonly name?: string; readonly value?: string }[] | undefined,
  ): Record<string, string> => {
    const map = new Map<string, string>();
    for (const { name = '', value = '' } of entries ?? []) {
      // Later entries of one name are ignored.
      if (!map.has(name.toLowerCase())) map.set(name.toLowerCase(), value);
    }
    return Object.fromEntries(map);
  };
  return { set: toMap(written?.set), add: toMap(written?.add), remove: written?.remove ?? [] };
}

function readRewrite(written: RouteFilter['urlRewrite']): NonNullable<VirtualServiceHttpRoute['rewrite']> {
  const { hostname, path } = written ?? {};
  const authority = hostname === undefined ? {} : { authority: hostname };
  if (path?.type === 'ReplacePrefixMatch')
    return { ...authority, uri: (path.replacePrefixMatch ?? '').replace(/\/$/, '') || '/' };
  if (path?.type === 'ReplaceFullPath') {
    return { ...authority, uriRegexRewrite: { match: '/.*', rewrite: path.replaceFullPath ?? '' } };
  }
  return authority;
}

/** The schema of the kind puts a prefix match of `/` wherever no path is written. */
function httpMatches({ matches = [] }: HTTPRouteRule): readonly VirtualServiceHttpMatch[] {
  return (matches.length > 0 ? matches : [{}]).map((match: HTTPRouteMatch) => ({
    uri: readPath(match.path),
    headers: readNamed(match.headers),
    queryParams: readNamed(match.queryParams),
    ...(match.method === undefined ? {} : { method: { exact: match.method } }),
  }));
}

function readPath({ type = 'PathPrefix', value = '/' }: NonNullable<HTTPRouteMatch['path']> = {}): StringMatch {
  if (type === 'Exact') return { exact: value };
  if (type === 'RegularExpression') return { regex: value };
  if (type !== 'PathPrefix') throw new Unconvertible();
  return { prefix: value === '/' ? value : value.replace(/\/$/, '') };
}

function readNamed(entries: HTTPRouteMatch['headers']): Readonly<Record<string, StringMatch>> {
  return Object.fromEntries(
    (entries ?? []).map(({ type = 'Exact', name = '', value = '' }) => {
      if (type !== 'Exact' && type !== 'RegularExpression') throw new Unconvertible();
      return [name, type === 'Exact' ? { exact: value } : { regex: value }] as const;
    }),
  );
}

/** A gRPC call is a request for `/service/method`. */
function grpcMatches({ matches = [] }: GRPCRouteRule): readonly (VirtualServiceHttpMatch | undefined)[] {
  if (matches.length === 0) return [undefined];
  return matches.map(({ method, headers }) => ({
    ...(method ? { uri: grpcPath(method) } : {}),
    headers: readNamed(headers),
  }));
}

function grpcPath({
  type = 'Exact',
  service,
  method,
}: {
  type?: string;
  service?: string;
  method?: string;
}): StringMatch {
  if (service === undefined && method === undefined) throw new Unconvertible();
  if (service === undefined) return { regex: `/[^/]+/${method}` };
  if (type === 'Exact') return method === undefined ? { prefix: `/${service}/` } : { exact: `/${service}/${method}` };
  return { regex: `/${service}/${method ?? '.+'}` };
}

export const sortHttpRules = (rules: readonly HttpRule[]): readonly HttpRule[] => [...rules].sort(compareSpecificity);

/** Exact paths, then prefixes, then expressions; longer first; then by method, headers and parameters; at last those without match. */
export function compareSpecificity(a: HttpRule, b: HttpRule): number {
  const [left, right] = [a.spec.match?.[0], b.spec.match?.[0]];
  if (!left || !right) return Number(!left) - Number(!right);
  return (
    rankOf(right.uri) - rankOf(left.uri) ||
    lengthOf(right.uri) - lengthOf(left.uri) ||
    Number(right.method !== undefined) - Number(left.method !== undefined) ||
    countOf(right.headers) - countOf(left.headers) ||
    countOf(right.queryParams) - countOf(left.queryParams)
  );
}

const rankOf = (uri: StringMatch | undefined): number =>
  uri?.exact !== undefined ? 3 : uri?.prefix !== undefined ? 2 : uri?.regex !== undefined ? 1 : -1;
const lengthOf = (uri: StringMatch | undefined): number => (uri?.exact ?? uri?.prefix ?? uri?.regex ?? '').length;
const countOf = (entries: object | undefined): number => Object.keys(entries ?? {}).length;
