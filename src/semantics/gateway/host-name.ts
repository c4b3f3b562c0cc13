/** Kubernetes' cluster domain; nothing in manifests tells another. */
const CLUSTER_DOMAIN = 'cluster.local';

export const isWildcard = (host: string): boolean => host.startsWith('*');

/** Every host that `narrow` stands for is one that `wide` stands for. */
export function covers(wide: string, narrow: string): boolean {
  if (!isWildcard(wide)) return wide === narrow;
  if (isWildcard(narrow) && narrow.length < wide.length) return false;
  return (isWildcard(narrow) ? narrow.slice(1) : narrow).endsWith(wide.slice(1));
}

export const overlaps = (a: string, b: string): boolean => covers(a, b) || covers(b, a);

/**
 * The hosts that both lists stand for, in the order of the first one. Source: istio pkg/config/host/names.go (Intersection).
 */
export function intersectHosts(hosts: readonly string[], others: readonly string[]): readonly string[] {
  const found = new Set<string>();
  for (const host of hosts) {
    for (const other of others) {
      if (covers(other, host)) found.add(host);
      else if (covers(host, other)) found.add(other);
    }
  }
  return [...found];
}

/** `ns/host` limits the namespaces of the routes that may bind; a host without namespace is for all of them. */
export interface ServerHost {
  readonly namespace?: string;
  readonly host: string;
}

export function parseServerHost(written: string): ServerHost {
  const slash = written.indexOf('/');
  return slash < 0 ? { host: written } : { namespace: written.slice(0, slash), host: written.slice(slash + 1) };
}

/** The hosts of a server that routes of a namespace may bind to. Source: istio pkg/config/host/names.go (NamesForNamespace). */
export function hostsForNamespace(hosts: readonly string[], namespace: string): readonly string[] {
  return hosts.flatMap((written) => {
    const { namespace: wanted, host } = parseServerHost(written);
    return wanted === undefined || wanted === namespace || wanted === '*' ? [host] : [];
  });
}

/**
 * Servers' hosts as istiod normalises them: `./host` is the Gateway's namespace, a star is none, and one star for both stands for the
 * whole list. Hosts compare without case. Source: istio pilot/pkg/model/gateway.go (sanitizeServerHostNamespace).
 */
export function normalizeServerHosts(hosts: readonly string[], namespace: string): readonly string[] {
  const normal = hosts.map((written) => {
    const { namespace: wanted, host } = parseServerHost(written);
    if (wanted === undefined || wanted === '*') return host.toLowerCase();
    return `${wanted === '.' ? namespace : wanted}/${host.toLowerCase()}`;
  });
  return hosts.some((written) => written === '*/*') ? ['*'] : normal;
}

/** A host of a VirtualService or a destination. Source: istio pilot/pkg/model/config.go (ResolveShortnameToFQDN). */
export function qualifyHost(host: string, namespace: string): string {
  const lower = host.toLowerCase();
  if (lower === '' || lower === '*' || /[.:]/.test(lower)) return lower;
  return serviceHost(lower, namespace);
}

export const serviceHost = (name: string, namespace: string): string => `${name}.${namespace}.svc.${CLUSTER_DOMAIN}`;

/**
 * `ns/name` of the Gateway that a VirtualService names. Short names, `./name` and the old form `name.ns.svc…` are still taken.
 * Source: istio pilot/pkg/model/virtualservice.go (resolveGatewayName).
 */
export function qualifyGateway(name: string, namespace: string): string {
  if (name === 'mesh') return name;
  const slash = name.indexOf('/');
  if (slash >= 0) return name.slice(0, slash) === '.' ? `${namespace}/${name.slice(slash + 1)}` : name;
  const [short = '', other] = name.split('.');
  return `${other ?? namespace}/${short}`;
}

/** Without the port: digits after the last colon. Source: envoy source/common/http/header_utility.cc (getPortStart). */
export const withoutPort = (authority: string): string => authority.replace(/:\d+$/, '');
