/** What the engine says without a recording behind it: `read` from Istio's source or documents, `assumed` from general knowledge. */
export interface UnmeasuredArea {
  readonly area: string;
  readonly how: 'read' | 'assumed';
  readonly note: string;
}

/** Areas that no recording covers. Who records one takes its line out. */
export const UNMEASURED: readonly UnmeasuredArea[] = [
  {
    area: 'Injection and capture',
    how: 'read',
    note: "Istio's injection template, webhook selectors and iptables rules",
  },
  {
    area: 'Init containers: order of redirection and proxy',
    how: 'read',
    note: "istiod's injector (`reorderPod`, `detectNativeSidecar`)",
  },
  { area: 'Enrolment in ambient', how: 'read', note: "istio-cni's selectors" },
  {
    area: 'What the app of a client may choose beyond TLS or plaintext: other ALPN names, TLS of its own',
    how: 'read',
    note: 'the filter chain matches of sidecars',
  },
  { area: 'Tokens whose keys cannot be fetched', how: 'assumed', note: 'key sets are taken to be reachable' },
  {
    area: 'WasmPlugin, TrafficExtension; EnvoyFilters at gateways and waypoints',
    how: 'read',
    note: "istiod's patching: without a control that is taken away; what code before RBAC may change is conditional; anything else is named",
  },
  {
    area: 'AdminNetworkPolicy, its baseline, ClusterNetworkPolicy',
    how: 'read',
    note: "the API's specification (v1alpha1, v1alpha2, v1beta1)",
  },
  {
    area: 'Clients: headless Services, ExternalName, weights, mirrors, HBONE',
    how: 'read',
    note: "istiod's outbound routes and endpoint builders",
  },
  {
    area: 'Hosts outside the mesh: what stands there, and the network on the way',
    how: 'read',
    note: 'NetworkPolicy, waypoints and gateways on the way as measured',
  },
  {
    area: 'Several clusters: merged services, networks, east-west gateways',
    how: 'read',
    note: "the reference and Istio's documentation",
  },
  {
    area: 'Older releases of Istio (`mesh.version`)',
    how: 'read',
    note: 'release notes: twelve changes since 1.22 (`src/semantics/versions.ts`); the default is what was recorded',
  },
  {
    area: 'Exposure by load balancers, node ports, host ports, other ingress',
    how: 'assumed',
    note: 'general knowledge, see `assumes` in the result',
  },
];

/** What each file of conformance/vectors is about, in the order of the page. */
export const RECORDED_HERE: Readonly<Record<string, string>> = {
  'peer-authentication': 'PeerAuthentication: levels, ages, ports',
  protocols: 'Protocol of a port: name, appProtocol, detection, Sidecar ingress',
  policies: 'AuthorizationPolicy: attachment, pooling, emptiness, dry-run, what the webhook refuses',
  identity: 'Principals, namespaces, service accounts, trust domains, SNI',
  addresses: 'Addresses of source, client and destination',
  'http-attributes': 'Hosts, methods, headers, and what Envoy makes of them first',
  paths: 'Paths: normalization, templates, fragments',
  tcp: 'HTTP rules on TCP',
  tokens: 'RequestAuthentication: places, claims, audiences, request principals',
  'external-authorizers': 'CUSTOM: providers, dry-run, TCP',
  'envoy-filters': 'EnvoyFilters: controls removed, replaced, switched off; code; matches, priorities, namespaces',
  'calls-by-hand': 'Clients: what their own sidecar makes of a call',
  calls: 'Clients: every kind of DestinationRule against every PeerAuthentication of the server',
  batteries: 'Every field with every kind of value, as ALLOW and as DENY',
  random: 'Random policies, several per mesh, from a fixed seed',
};

/** What each file of conformance/ways/vectors is about, in the order of the page. */
export const WAYS: Readonly<Record<string, string>> = {
  'egress-by-hand': 'Clients: which cluster their sidecar picks, one case per surprise',
  'egress-random': 'Clients: random ServiceEntries, VirtualServices, Sidecars and outbound policies',
  'gateway-random': 'Ingress gateways: random Gateways, routes of both kinds, delegation, TLS modes, policies, tokens',
  'gateway-serving': 'Ingress gateways that most requests get through: rewrites of all kinds, headers, hosts, TLS',
  'waypoint-by-hand': 'Waypoints: Services, pods and callers over HBONE, addresses, routes of both kinds',
  'waypoint-random': 'Waypoints: random policies for Services, ServiceEntries, Gateway and class',
};
