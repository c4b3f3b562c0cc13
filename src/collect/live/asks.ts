import type { KindDefinition } from '../../model/kind.ts';
import { KINDS } from '../../model/kinds.ts';

/** A list that a collection asks the API server for. */
export interface Ask {
  readonly group: string;
  readonly kind: string;
  /** Plural name, as in a URL and in RBAC rules. */
  readonly resource: string;
  /** The kind of the model; absent for kinds of which only the metadata is asked for. */
  readonly definition?: KindDefinition;
  /** Narrows the list on the server's side. */
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

const SELECTORS: Readonly<Record<string, Pick<Ask, 'fieldSelector' | 'labelSelector'>>> = {
  // Completed pods neither send nor receive.
  Pod: { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' },
  // What Kubernetes derives from selectors and pods, the model derives too.
  EndpointSlice: { labelSelector: 'endpointslice.kubernetes.io/managed-by!=endpointslice-controller.k8s.io' },
};

/** Kinds that are not modelled and may change what the mesh enforces (model/unmodelled.ts): that they exist is what counts. */
const UNMODELLED: readonly (readonly [group: string, ...kinds: string[]])[] = [
  [
    'cilium.io',
    'CiliumNetworkPolicy',
    'CiliumClusterwideNetworkPolicy',
    'CiliumEnvoyConfig',
    'CiliumClusterwideEnvoyConfig',
    'CiliumEgressGatewayPolicy',
    'CiliumLocalRedirectPolicy',
  ],
  ['crd.projectcalico.org', 'NetworkPolicy', 'GlobalNetworkPolicy', 'StagedNetworkPolicy'],
  ['crd.antrea.io', 'NetworkPolicy', 'ClusterNetworkPolicy'],
  ['k8s.ovn.org', 'EgressFirewall'],
  ['network.openshift.io', 'EgressNetworkPolicy', 'NetNamespace'],
  ['networking.gke.io', 'FQDNNetworkPolicy', 'MultiClusterIngress'],
  ['vpcresources.k8s.aws', 'SecurityGroupPolicy'],
  ['route.openshift.io', 'Route'],
  ['serving.knative.dev', 'Service', 'DomainMapping'],
  ['maistra.io', 'ServiceMeshControlPlane', 'ServiceMeshMemberRoll', 'ServiceMeshMember', 'ServiceMeshExtension'],
  ['sailoperator.io', 'IstioRevision'],
  ['mesh.cloud.google.com', 'ControlPlaneRevision'],
  ['k8s.nginx.org', 'VirtualServer', 'TransportServer'],
  ['traefik.io', 'IngressRoute', 'IngressRouteTCP', 'IngressRouteUDP'],
  ['projectcontour.io', 'HTTPProxy'],
  ['getambassador.io', 'Mapping', 'TCPMapping'],
  ['elbv2.k8s.aws', 'TargetGroupBinding'],
];

/** Everything that is asked for, but for the mesh config. */
export const ASKS: readonly Ask[] = [
  ...KINDS.filter(({ name }) => name !== 'ConfigMap').map((definition: KindDefinition) => ({
    group: definition.group,
    kind: definition.kind,
    resource: pluralOf(definition.kind),
    definition,
    ...SELECTORS[definition.name],
  })),
  ...UNMODELLED.flatMap(([group, ...kinds]) => kinds.map((kind) => ({ group, kind, resource: pluralOf(kind) }))),
];

/** `networkpolicies`, `ingressclasses`, `gateways`: what the API server calls a kind, where discovery could not be asked. */
export function pluralOf(kind: string): string {
  const name = kind.toLowerCase();
  if (/[^aeiou]y$/.test(name)) return `${name.slice(0, -1)}ies`;
  return /(s|x|ch|sh)$/.test(name) ? `${name}es` : `${name}s`;
}
