import type { Workload } from '../../model/inventory/types.ts';
import type { SidecarEgressListener } from '../../model/istio/sidecar.ts';
import { type OutboundPolicy, outboundPolicies } from '../egress/outbound-policy.ts';
import type { Enforcement } from '../enforcement.ts';
import { covers, overlaps } from '../gateway/host-name.ts';

/** What a sidecar is told about, by the one Sidecar that applies to its workload; without one: everything that is exported to it. */
export interface SidecarScope {
  readonly policy: OutboundPolicy;
  /** A service, by its host and namespace, on a port. */
  readonly importsService: (host: string, namespace: string, port: number) => boolean;
  /** The protocol of a listener that is for this port alone; undefined: that of each service. */
  readonly protocolAt: (port: number) => string | undefined;
  /** A VirtualService, by its hosts; they need only overlap. */
  readonly importsRoute: (hosts: readonly string[], namespace: string, port: number) => boolean;
}

interface Import {
  /** `*`: of all namespaces. */
  readonly namespace: string;
  readonly host: string;
}

interface Listener {
  /** Absent: takes what no other listener takes. */
  readonly port: number | undefined;
  readonly protocol: string | undefined;
  readonly imports: readonly Import[];
  readonly excludes: readonly Import[];
}

const POLICIES = new WeakMap<Enforcement, ReturnType<typeof outboundPolicies>>();

/**
 * Source: istio pilot/pkg/model/sidecar.go (ConvertToSidecarScope, GetEgressListenerForRDS, selectServices, SelectVirtualServices), reference
 * §7. Without `egress` there is one listener for everything; the first listener for the port, or without a port, is the one that counts.
 */
export function scopeOf(enforcement: Enforcement, client: Workload): SidecarScope {
  const policyOf = POLICIES.get(enforcement) ?? outboundPolicies(enforcement);
  POLICIES.set(enforcement, policyOf);
  const policy = policyOf(client);
  const written = policy.sidecar?.spec.egress ?? [];
  const listeners = written.length > 0 ? written.map((each) => readListener(each, client.namespace)) : [EVERYTHING];
  const listenerFor = (port: number): Listener | undefined =>
    listeners.find((each) => each.port === undefined || each.port === port);
  return {
    policy,
    importsService(host, namespace, port) {
      const listener = listenerFor(port);
      if (!listener) return false;
      const isMeant = (each: Import): boolean =>
        (each.namespace === '*' || each.namespace === namespace) && covers(each.host, host);
      return listener.imports.some(isMeant) && !listener.excludes.some(isMeant);
    },
    protocolAt: (port) => listenerFor(port)?.protocol,
    importsRoute(hosts, namespace, port) {
      const listener = listenerFor(port);
      if (!listener) return false;
      const isMeant = (each: Import): boolean =>
        (each.namespace === '*' || each.namespace === namespace) && hosts.some((host) => overlaps(each.host, host));
      return listener.imports.some(isMeant);
    },
  };
}

const EVERYTHING: Listener = {
  port: undefined,
  protocol: undefined,
  imports: [{ namespace: '*', host: '*' }],
  excludes: [],
};

/** `ns/host`, `./host`, `*` for all namespaces; `~ns/host` takes out again, and `~/*` is nothing at all. */
function readListener({ port, hosts = [] }: SidecarEgressListener, own: string): Listener {
  const imports: Import[] = [];
  const excludes: Import[] = [];
  for (const written of hosts) {
    const slash = written.indexOf('/');
    if (slash < 0) continue;
    const namespace = written.slice(0, slash);
    const host = written.slice(slash + 1).toLowerCase();
    if (namespace === '~') continue;
    const list = namespace.startsWith('~') ? excludes : imports;
    const bare = namespace.replace(/^~/, '');
    list.push({ namespace: bare === '.' ? own : bare, host });
  }
  const number = port?.number;
  const isOwn = number !== undefined && number !== 0;
  return {
    port: isOwn ? number : undefined,
    protocol: isOwn ? port?.protocol : undefined,
    imports,
    excludes,
  };
}
