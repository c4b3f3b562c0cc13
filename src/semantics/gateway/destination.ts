import type { Destination } from '../../model/istio/destination.ts';
import type { Mesh } from '../../model/inventory/types.ts';
import { type DestinationRules, destinationRules, type RuleClient } from '../outbound/destination-rules.ts';
import { qualifyHost } from './host-name.ts';
import { type Endpoint, type Outside, Registry, type RegistryEntry } from './registry.ts';

/** What a route of a gateway may lead to. */
export interface Destinations {
  readonly registry: Registry;
  readonly rules: DestinationRules;
}

const KNOWN = new WeakMap<Mesh, Destinations>();

/** Those of a mesh, worked out once. */
export function destinationsOf(mesh: Mesh): Destinations {
  const known = KNOWN.get(mesh) ?? { registry: new Registry(mesh), rules: destinationRules(mesh) };
  KNOWN.set(mesh, known);
  return known;
}

export interface FoundDestination {
  readonly found: true;
  readonly entry: RegistryEntry;
  readonly port: number;
  readonly subset: string;
  /** `ns/service:port`, or `host:port` of a ServiceEntry. */
  readonly label: string;
  readonly endpoints: readonly Endpoint[];
  readonly outside: readonly Outside[];
}

export type DestinationOutcome = FoundDestination | { readonly found: false; readonly why: string };

export interface RouteContext {
  readonly routeNamespace: string;
  readonly proxy: RuleClient & { readonly cluster: string };
  /** Port of the server: where a destination without port on a service of several ports goes. */
  readonly listenPort: number;
}

/**
 * The cluster that a destination stands for, as far as istiod gives it to the gateway. A port that the service does not have, or a subset
 * that no DestinationRule defines, is no cluster: the gateway answers 503.
 *
 * Source: istio pilot/pkg/networking/core/route/route.go (GetDestinationCluster).
 */
export function findDestination(
  destination: Destination | undefined,
  all: Destinations,
  context: RouteContext,
): DestinationOutcome {
  const { routeNamespace, proxy } = context;
  const proxyNamespace = proxy.namespace;
  const host = qualifyHost(destination?.host ?? '', routeNamespace);
  if (host === '') return { found: false, why: 'its backend is not valid' };
  const named = all.registry.find(host, routeNamespace, proxyNamespace);
  const entry = named?.alias === undefined ? named : all.registry.find(named.alias, routeNamespace, proxyNamespace);
  if (!named) return { found: false, why: `there is no service \`${host}\` that the gateway sees` };
  if (!entry) return { found: false, why: `\`${host}\` stands for \`${named.alias}\`, which is outside the mesh` };
  const [only] = named.ports;
  const port = destination?.port?.number ?? (named.ports.length === 1 && only ? only.port : context.listenPort);
  if (!entry.ports.some((own) => own.port === port && own.transport === 'TCP')) {
    return { found: false, why: `\`${entry.label}\` has no port ${port}` };
  }
  const subset = destination?.subset ?? '';
  const labels = subset === '' ? {} : all.rules.labelsOf(entry.host, subset, proxy, entry.namespace);
  if (!labels) return { found: false, why: `no DestinationRule defines subset \`${subset}\` of \`${entry.label}\`` };
  return {
    found: true,
    entry,
    port,
    subset,
    label: `${entry.label}:${port}`,
    endpoints: entry.endpoints(port, labels, proxy.cluster),
    outside: entry.outside(port, labels),
  };
}
