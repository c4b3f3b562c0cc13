import type { StringMatch, VirtualServiceHttpMatch, VirtualServiceHttpRoute } from '../../model/istio/http-route.ts';
import type { VirtualService } from '../../model/istio/virtual-service.ts';
import type { HttpRule } from './route-object.ts';
import { isExported } from './visibility.ts';

/** Finds a VirtualService that may be a delegate: one without hosts. */
export type FindDelegate = (namespace: string, name: string) => VirtualService | undefined;

/**
 * The HTTP rules of a VirtualService with those of its delegates in place. A rule of a delegate that does not lie inside the root's match is
 * ignored, as is a delegate that does not exist or is not exported to the root's namespace.
 *
 * Source: istio pilot/pkg/model/virtualservice.go (mergeVirtualServices, mergeHTTPRoutes).
 */
export function expandDelegates(
  root: VirtualService,
  find: FindDelegate,
  exportedByDefault: readonly string[],
): readonly HttpRule[] {
  return (root.spec.http ?? []).flatMap((spec, index): readonly HttpRule[] => {
    const rule: HttpRule = { spec, resource: root, path: ['spec', 'http', index], index };
    if (!spec.delegate) return [rule];
    const delegate = find(spec.delegate.namespace ?? root.namespace, spec.delegate.name ?? '');
    if (!delegate || !isExported(delegate.spec.exportTo, exportedByDefault, delegate.namespace, root.namespace))
      return [];
    return (delegate.spec.http ?? []).flatMap((sub, at): readonly HttpRule[] => {
      const merged = mergeRule(spec, sub);
      return merged ? [{ spec: merged, resource: delegate, path: ['spec', 'http', at], index: at }] : [];
    });
  });
}

function mergeRule(root: VirtualServiceHttpRoute, sub: VirtualServiceHttpRoute): VirtualServiceHttpRoute | undefined {
  const match = mergeMatches(root.match ?? [], sub.match ?? []);
  if (!match) return undefined;
  const { delegate: _delegate, match: _match, ...inherited } = root;
  // What the delegate routes to is its own; the rest comes from the root where the delegate says nothing.
  const { route: _route, redirect: _redirect, directResponse: _direct, ...shared } = inherited;
  return { ...shared, ...sub, match };
}

function mergeMatches(
  root: readonly VirtualServiceHttpMatch[],
  sub: readonly VirtualServiceHttpMatch[],
): readonly VirtualServiceHttpMatch[] | undefined {
  if (root.length === 0) return sub;
  if (sub.length === 0) return root;
  const merged: VirtualServiceHttpMatch[] = [];
  for (const leaf of sub) {
    const fitting = root.filter((match) => !conflicts(match, leaf));
    if (fitting.length === 0) return undefined;
    merged.push(...fitting.map((match) => mergeMatch(match, leaf)));
  }
  return merged;
}

/** Gateways, source labels and namespace of the root are for sidecars and not inherited. */
function mergeMatch(root: VirtualServiceHttpMatch, leaf: VirtualServiceHttpMatch): VirtualServiceHttpMatch {
  const { uri, scheme, method, authority, port } = { ...root, ...leaf };
  return {
    ...leaf,
    ...(uri ? { uri } : {}),
    ...(scheme ? { scheme } : {}),
    ...(method ? { method } : {}),
    ...(authority ? { authority } : {}),
    ...(port === undefined ? {} : { port }),
    headers: { ...root.headers, ...leaf.headers },
    withoutHeaders: { ...root.withoutHeaders, ...leaf.withoutHeaders },
    queryParams: { ...root.queryParams, ...leaf.queryParams },
  };
}

function conflicts(root: VirtualServiceHttpMatch, leaf: VirtualServiceHttpMatch): boolean {
  const pairs: (readonly [StringMatch | undefined, StringMatch | undefined])[] = [
    [root.uri, leaf.uri],
    [root.scheme, leaf.scheme],
    [root.method, leaf.method],
    [root.authority, leaf.authority],
    ...Object.entries(leaf.headers ?? {}).map(([name, match]) => [root.headers?.[name], match] as const),
    ...Object.entries(leaf.withoutHeaders ?? {}).map(([name, match]) => [root.headers?.[name], match] as const),
    ...Object.entries(leaf.queryParams ?? {}).map(([name, match]) => [root.queryParams?.[name], match] as const),
  ];
  if (pairs.some(([outer, inner]) => textConflicts(outer, inner))) return true;
  if ((root.ignoreUriCase ?? false) !== (leaf.ignoreUriCase ?? false)) return true;
  return Boolean(root.port && leaf.port && root.port !== leaf.port);
}

/** Regular expressions are not compared: they conflict. */
function textConflicts(root: StringMatch | undefined, leaf: StringMatch | undefined): boolean {
  if (!root || !leaf) return false;
  if (root.regex || leaf.regex) return true;
  if (root.exact) return Boolean(leaf.prefix) || leaf.exact !== root.exact;
  if (root.prefix) {
    const inner = leaf.prefix || leaf.exact;
    if (inner) return !inner.startsWith(root.prefix);
  }
  return true;
}
