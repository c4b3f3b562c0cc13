import type { Workload } from '../../model/inventory/types.ts';
import type { Destination } from '../../model/istio/destination.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { type Destinations, findDestination, type RouteContext } from '../../semantics/gateway/destination.ts';
import type { FilterChain } from '../../semantics/gateway/filter-chain.ts';
import { qualifyHost } from '../../semantics/gateway/host-name.ts';
import { indexGateways } from '../../semantics/gateway/index-gateways.ts';
import type { ServerTlsSettings } from '../../semantics/gateway/server.ts';
import type { VirtualHost } from '../../semantics/gateway/virtual-hosts.ts';
import type { Leads, Serving, Terms, TlsTerms } from './serving.ts';

export interface ConfiguredServing extends Serving {
  readonly passesOn: boolean;
}

/** The ports that Gateways, and what stands for them, have a gateway listen on. */
export const configuredPorts = (enforcement: Enforcement, workload: Workload): readonly number[] => [
  ...new Set((indexGateways(enforcement).byWorkload.get(workload)?.listeners ?? []).map(({ port }) => port)),
];

/** What a gateway is to make of connections to a port; undefined: nothing has it listen there. */
export function configuredServing(
  enforcement: Enforcement,
  workload: Workload,
  port: number,
): ConfiguredServing | undefined {
  const index = indexGateways(enforcement);
  const listeners = (index.byWorkload.get(workload)?.listeners ?? []).filter((each) => each.port === port);
  const chains = listeners.flatMap((each) => each.chains.all);
  if (chains.length === 0) return undefined;
  const names = new Map<string, Terms>();
  const hosts = new Map<string, Leads>();
  for (const chain of chains) {
    if (chain.kind === 'auto-passthrough') continue;
    const own = chain.sniHosts === null ? ['*'] : [...chain.sniHosts].sort();
    const terms: Terms = { reads: chain.kind === 'http' ? 'http' : 'bytes', tls: chain.tls && termsOf(chain.tls) };
    const [first = '*'] = own;
    const isFirst = !names.has(first);
    // Of two chains for one name the first counts.
    for (const name of own) if (!names.has(name)) names.set(name, terms);
    if (isFirst)
      for (const [host, leads] of hostsOf(chain, workload, index.destinations)) hosts.set(`${first} ${host}`, leads);
  }
  return { names, hosts, passesOn: chains.some(({ kind }) => kind === 'auto-passthrough') };
}

function termsOf({ mode, subjectAltNames, pinned, insecureSkipVerify, minVersion }: ServerTlsSettings): TlsTerms {
  const isMutual = mode === 'MUTUAL' || mode === 'ISTIO_MUTUAL';
  return {
    asksFor: isMutual
      ? 'a certificate'
      : mode === 'OPTIONAL_MUTUAL'
        ? 'a certificate if there is one'
        : 'no certificate',
    ca: mode === 'ISTIO_MUTUAL' ? 'mesh' : 'other',
    names: [...new Set(subjectAltNames)].sort(),
    pinned,
    untrusted: insecureSkipVerify,
    minVersion,
  };
}

function hostsOf(chain: Exclude<FilterChain, { kind: 'auto-passthrough' }>, proxy: Workload, all: Destinations) {
  const listenPort = chain.servers[0]?.port ?? 0;
  const hosts = new Map<string, Leads>();
  if (chain.kind === 'tcp') {
    const context = { routeNamespace: chain.route.owner.namespace, proxy, listenPort };
    hosts.set('(bytes)', { redirects: false, to: clustersOf(chain.route.destinations, all, context) });
    return hosts;
  }
  for (const host of chain.virtualHosts().all) hosts.set(host.domain, leadsOf(host, proxy, listenPort, all));
  return hosts;
}

function leadsOf({ routes, redirects }: VirtualHost, proxy: Workload, listenPort: number, all: Destinations): Leads {
  const leads = new Set<string>();
  for (const { rule, owner } of routes) {
    const { redirect, directResponse, route = [] } = rule.spec;
    if (redirect !== undefined || directResponse !== undefined) {
      leads.add('answer');
      continue;
    }
    const to = clustersOf(route, all, { routeNamespace: owner.namespace, proxy, listenPort });
    for (const cluster of to) leads.add(cluster);
  }
  return { redirects: redirects !== null, to: [...leads].sort() };
}

/**
 * The clusters that istiod writes, whether there is such a Service or not; where there is none Envoy answers 503. Source: istio
 * pilot/pkg/networking/core/route/route.go (GetDestinationCluster).
 */
function clustersOf(
  written: readonly { readonly destination?: Destination; readonly weight?: number }[],
  all: Destinations,
  context: RouteContext,
): readonly string[] {
  const { routeNamespace, proxy, listenPort } = context;
  const targets = written.length === 1 ? written : written.filter(({ weight = 0 }) => weight > 0);
  const clusters = targets.map(({ destination }) => {
    const host = qualifyHost(destination?.host ?? '', routeNamespace);
    // A backend that is not valid.
    if (host === '') return 'UnknownService';
    const found = findDestination(destination, all, context);
    const [only, ...others] = all.registry.find(host, routeNamespace, proxy.namespace)?.ports ?? [];
    const port = destination?.port?.number ?? (only && others.length === 0 ? only.port : listenPort);
    return `outbound|${port}|${destination?.subset ?? ''}|${found.found ? found.entry.host : host}`;
  });
  return [...new Set(clusters)].sort();
}
