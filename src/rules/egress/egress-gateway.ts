import type { Facts } from '../../graph/facts.ts';
import { findIstiodNamespace } from '../../graph/machinery.ts';
import type { Mesh, Workload } from '../../model/inventory/types.ts';
import type { ServiceEntry, ServiceEntryPort } from '../../model/istio/service-entry.ts';
import type { Change } from '../../model/change/change.ts';
import type { Manifest } from '../../model/change/manifest.ts';
import { addObjects, changeSpec } from '../changes.ts';
import { meshEssentials } from './restrict-egress.ts';

export interface EgressGatewayPlan {
  readonly changes: readonly Change[];
  readonly steps: readonly string[];
}

const MOST = 5;

/**
 * The way out that stays: the registered external hosts, routed through an egress gateway, which is put in place where the input has none.
 * Source: istio.io, Egress Gateways (TLS passes through, its SNI chooses the route).
 */
export function planEgressGateway(facts: Facts, workloads: readonly Workload[]): EgressGatewayPlan {
  const [first] = workloads;
  const namespaces = [...new Set(workloads.map(({ namespace }) => namespace))].sort();
  const entries = externalEntries(facts, namespaces);
  if (!first || entries.length === 0) return { changes: [], steps: [NOTHING_REGISTERED] };
  const destinations = entries.flatMap((entry) => destinationsOf(entry));
  const routable = destinations.filter(({ kind }) => kind !== 'other');
  const chosen = routable.slice(0, MOST);
  const gateway = findEgressGateway(facts) ?? newGateway(facts, first);
  const changes = [
    ...addObjects(first.resource, gateway.manifests),
    ...[...new Set(chosen.map((each) => each.entry))].flatMap((entry) => makeVisible(entry, gateway.namespace)),
    ...addObjects(
      first.resource,
      chosen.flatMap((each) => routeThrough(each, gateway)),
    ),
  ];
  const left = destinations.filter((each) => !chosen.includes(each));
  return {
    changes: chosen.length > 0 ? changes : [],
    steps: [
      ...(chosen.length > 0 ? [] : [NO_ROUTABLE]),
      ...left.slice(0, MOST).map(describeLeft),
      ...wideEntries(entries),
    ],
  };
}

const NOTHING_REGISTERED =
  'the input registers no external host (ServiceEntry): for each one that access logs show (PassthroughCluster, BlackHoleCluster), add a ServiceEntry with exportTo limited to the namespaces that call it, and a route through an egress gateway; `meshproof rule egress/registry-only-alone` shows both';
const NO_ROUTABLE =
  'none of the registered external hosts can be routed by name through an egress gateway: give their addresses to the NetworkPolicy as ipBlock';

interface Destination {
  readonly entry: ServiceEntry;
  readonly host: string;
  readonly port: ServiceEntryPort & { readonly number: number };
  /** How an egress gateway tells it apart: by SNI, by Host, or not at all. */
  readonly kind: 'tls' | 'http' | 'other';
}

/** ServiceEntries for hosts outside the mesh that are visible to one of the namespaces, by name. */
function externalEntries({ mesh }: Facts, namespaces: readonly string[]): readonly ServiceEntry[] {
  const visible = ({ namespace, spec: { exportTo = ['*'] } }: ServiceEntry): boolean =>
    exportTo.some(
      (place) => place === '*' || (place === '.' ? namespaces.includes(namespace) : namespaces.includes(place)),
    );
  const sorted =
    EXTERNAL.get(mesh) ??
    mesh.resources
      .of('ServiceEntry')
      .filter((entry) => entry.spec.location !== 'MESH_INTERNAL')
      .toSorted((a, b) => (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1));
  EXTERNAL.set(mesh, sorted);
  return sorted.filter(visible);
}

/** Every finding about egress asks for them. */
const EXTERNAL = new WeakMap<Mesh, readonly ServiceEntry[]>();

function destinationsOf(entry: ServiceEntry): readonly Destination[] {
  const { hosts = [], ports = [] } = entry.spec;
  return hosts.flatMap((host) =>
    ports.flatMap((port): readonly Destination[] => {
      const { number, protocol = '' } = port;
      if (number === undefined) return [];
      const word = protocol.toUpperCase();
      const byName = word === 'TLS' || word === 'HTTPS' ? 'tls' : word.startsWith('HTTP') ? 'http' : 'other';
      return [{ entry, host, port: { ...port, number }, kind: host.includes('*') ? 'other' : byName }];
    }),
  );
}

function describeLeft({ entry, host, port, kind }: Destination): string {
  const what = `${host}:${port.number} (ServiceEntry ${entry.namespace}/${entry.name})`;
  if (host.includes('*')) return `${what} is a wildcard: name the hosts that are called, each is a way out`;
  return kind === 'other'
    ? `${what} is plain TCP: an ipBlock with its addresses lets it pass the NetworkPolicy`
    : `${what}: route it through the gateway alike`;
}

function wideEntries(entries: readonly ServiceEntry[]): readonly string[] {
  const wide = entries.filter(({ spec: { exportTo = ['*'] } }) => exportTo.includes('*'));
  if (wide.length === 0) return [];
  const names = wide.slice(0, MOST).map(({ namespace, name }) => `${namespace}/${name}`);
  const more = wide.length > MOST ? `, +${wide.length - MOST} more` : '';
  return [
    `ServiceEntry ${names.join(', ')}${more} is exported to every namespace: limit exportTo to those that call it and the gateway's`,
  ];
}

interface EgressGateway {
  readonly namespace: string;
  readonly host: string;
  readonly selector: Readonly<Record<string, string>>;
  readonly manifests: readonly Manifest[];
}

const FOUND = new WeakMap<Mesh, EgressGateway | null>();

/** One that is in the input, has a Service and can be selected by a label of its own; looked for once. */
function findEgressGateway({ mesh }: Facts): EgressGateway | null {
  const known = FOUND.get(mesh);
  if (known !== undefined) return known;
  const gateway = searchEgressGateway(mesh);
  FOUND.set(mesh, gateway);
  return gateway;
}

function searchEgressGateway(mesh: Mesh): EgressGateway | null {
  for (const { gateway, labels, namespace, services } of mesh.workloads) {
    const service =
      gateway?.kind === 'egress' && services[0] !== undefined ? mesh.serviceById.get(services[0]) : undefined;
    if (!service || !labels.istio) continue;
    const host = `${service.name}.${service.namespace}.svc.cluster.local`;
    return { namespace, host, selector: { istio: labels.istio }, manifests: [] };
  }
  return null;
}

const NAMESPACE = 'istio-egress';
const NAME = 'egressgateway';

/** A gateway by injection, in a namespace of its own, reached from enrolled namespaces and nothing else. */
function newGateway(facts: Facts, { dataPlane: { revision } }: Workload): EgressGateway {
  const labels = { app: NAME, istio: NAME };
  const metadata = { name: NAME, namespace: NAMESPACE };
  const istiod = findIstiodNamespace(facts.mesh.workloads) ?? facts.enforcement.rootNamespace;
  const enrolment: Readonly<Record<string, string>> =
    revision === 'default' ? { 'istio-injection': 'enabled' } : { 'istio.io/rev': revision };
  const namespace = { name: NAMESPACE, labels: enrolment };
  const port = (name: string, number: number, targetPort: number) => ({ name, port: number, targetPort });
  const container = {
    name: 'istio-proxy',
    image: 'auto',
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
    },
  };
  return {
    namespace: NAMESPACE,
    host: `${NAME}.${NAMESPACE}.svc.cluster.local`,
    selector: { istio: NAME },
    manifests: [
      { apiVersion: 'v1', kind: 'Namespace', metadata: namespace },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata,
        spec: { selector: labels, ports: [port('http', 80, 8080), port('tls', 443, 8443)] },
      },
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata,
        spec: {
          replicas: 2,
          selector: { matchLabels: labels },
          template: {
            metadata: {
              labels: { ...labels, 'sidecar.istio.io/inject': 'true' },
              annotations: { 'inject.istio.io/templates': 'gateway' },
            },
            spec: { serviceAccountName: NAME, containers: [container] },
          },
        },
      },
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata,
        spec: {
          podSelector: { matchLabels: labels },
          policyTypes: ['Ingress', 'Egress'],
          ingress: [
            { from: ENROLLED, ports: [8080, 8443, 15008].map((number) => ({ protocol: 'TCP', port: number })) },
          ],
          egress: [
            ...meshEssentials(istiod),
            {
              to: [{ ipBlock: { cidr: '0.0.0.0/0', except: PRIVATE } }],
              ports: [80, 443].map((number) => ({ protocol: 'TCP', port: number })),
            },
          ],
        },
      },
    ],
  };
}

/** Namespaces with sidecars; the same in every finding, so that one does not undo another. */
const ENROLLED = [
  { namespaceSelector: { matchLabels: { 'istio-injection': 'enabled' } } },
  { namespaceSelector: { matchExpressions: [{ key: 'istio.io/rev', operator: 'Exists' }] } },
];

/** Pods, nodes and the metadata service of the cloud are nobody's external host. */
const PRIVATE = ['10.0.0.0/8', '100.64.0.0/10', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'];

/** The gateway must know the host too. */
function makeVisible(entry: ServiceEntry, namespace: string): readonly Change[] {
  const { exportTo = ['*'] } = entry.spec;
  if (
    exportTo.includes('*') ||
    exportTo.includes(namespace) ||
    (exportTo.includes('.') && entry.namespace === namespace)
  )
    return [];
  return [changeSpec(entry, { ...entry.spec, exportTo: [...exportTo, namespace] })];
}

/** Sidecars send the host to the gateway, and the gateway sends it out. */
function routeThrough(
  { entry: { namespace: home, spec }, host, port, kind }: Destination,
  gateway: EgressGateway,
): readonly Manifest[] {
  const { namespace } = gateway;
  const name = `egress-${host.replace(/[^a-z0-9]+/gi, '-').toLowerCase()}-${port.number}`;
  const [entry, protocol] = kind === 'tls' ? [443, 'TLS'] : [80, 'HTTP'];
  // For whoever knows the host.
  const visible = spec.exportTo ?? ['*'];
  const server = {
    port: { number: entry, name: kind, protocol },
    hosts: [host],
    ...(kind === 'tls' ? { tls: { mode: 'PASSTHROUGH' } } : {}),
  };
  const match = (at: string, number: number) => [
    { gateways: [at], port: number, ...(kind === 'tls' ? { sniHosts: [host] } : {}) },
  ];
  const to = (target: string, number: number) => [{ destination: { host: target, port: { number } } }];
  const routes = [
    { match: match('mesh', port.number), route: to(gateway.host, entry) },
    { match: match(`${namespace}/${name}`, entry), route: to(host, port.number) },
  ];
  const metadata = { name, namespace };
  return [
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Gateway',
      metadata,
      spec: { selector: gateway.selector, servers: [server] },
    },
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata,
      spec: {
        hosts: [host],
        gateways: ['mesh', `${namespace}/${name}`],
        exportTo: visible.includes('*')
          ? ['*']
          : [...new Set(['.', ...visible.map((place) => (place === '.' ? home : place))])],
        [kind]: routes,
      },
    },
  ];
}
