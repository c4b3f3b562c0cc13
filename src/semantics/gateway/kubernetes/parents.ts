import type { ParentReference } from '../../../model/gateway/reference.ts';
import { compare } from '../age.ts';
import { covers, isWildcard, overlaps, parseServerHost } from '../host-name.ts';
import { holderKey, type ListenerInfo, type Listeners } from './listeners.ts';

/** A route as far as attachment goes. */
export interface Attaching {
  readonly cluster: string;
  readonly namespace: string;
  readonly kind: 'HTTPRoute' | 'GRPCRoute' | 'TLSRoute' | 'TCPRoute';
  readonly parentRefs: readonly ParentReference[];
  /** Lower case; `*` where none is written. */
  readonly hostnames: readonly string[];
}

export interface Parent {
  readonly listener: ListenerInfo;
  /** Host names of the other listeners of the same port and protocol. */
  readonly siblings: readonly string[];
}

/**
 * The listeners that a route attaches to: those its parentRefs name and that admit its namespace, kind and one of its host names.
 *
 * Source: istio pilot/pkg/config/kube/gateway/conversion.go (extractParentReferenceInfo, referenceAllowed).
 */
export function findParents(route: Attaching, listeners: Listeners): readonly Parent[] {
  const parents = new Map<string, Parent>();
  for (const ref of route.parentRefs) {
    const kind = ref.kind ?? 'Gateway';
    if (kind !== 'Gateway' && kind !== 'ListenerSet') continue;
    const all = listeners.get(holderKey(route.cluster, kind, ref.namespace ?? route.namespace, ref.name ?? '')) ?? [];
    for (const listener of all) {
      if (!admits(listener, route, ref)) continue;
      const siblings = all
        .filter((other) => other !== listener && other.port === listener.port && other.protocol === listener.protocol)
        .map(({ hostname }) => hostname)
        .filter((hostname) => hostname !== listener.hostname);
      parents.set(listener.gateway.id, { listener, siblings });
    }
  }
  return [...parents.values()].sort((a, b) => compare(a.listener.gateway.id, b.listener.gateway.id));
}

function admits(listener: ListenerInfo, route: Attaching, { sectionName, port }: ParentReference): boolean {
  if (port && port !== listener.port) return false;
  if (sectionName && sectionName !== listener.section) return false;
  if (!listener.allowedKinds.includes(route.kind)) return false;
  const hosts = listener.gateway.servers.flatMap((server) => server.hosts).map(parseServerHost);
  return hosts.some(
    ({ namespace, host }) =>
      (namespace === undefined || namespace === route.namespace) && route.hostnames.some((own) => overlaps(host, own)),
  );
}

/** A host that a more specific listener of the port stands for belongs to that one alone. Source: conversion.go (hostnameAllowedByIsolation). */
export function isIsolated({ listener, siblings }: Parent, host: string): boolean {
  const own = listener.hostname;
  if (own !== '' && !isWildcard(own)) return false;
  if (own !== '' && !overlaps(host, own)) return true;
  return siblings.some((other) => own.length <= other.length && covers(other, host));
}
