import { isRouter } from '../model/inventory/is-router.ts';
import { boolFlag, type IstiodFlag } from '../model/istiod-flags.ts';
import type { Workload } from '../model/inventory/types.ts';
import { waypointOf } from './ambient/waypoint.ts';
import { actionOf } from './authz/compile.ts';
import { isDryRun } from './authz/dry-run.ts';
import type { Enforcement } from './enforcement.ts';
import { isTrusted } from './mtls/transport.ts';
import type { Query } from './query.ts';

interface UnmodelledFlag {
  readonly name: string;
  readonly byDefault: boolean;
  /** What verdicts take for granted while it is set otherwise. */
  readonly assumes: string;
  readonly concerns: (enforcement: Enforcement, query: Query) => boolean;
}

/** Flags of istiod that change what is enforced and that are not computed: a verdict that one of them may turn names it. Reference §11.3. */
const UNMODELLED: readonly UnmodelledFlag[] = [
  {
    name: 'PILOT_AUTO_ALLOW_WAYPOINT_POLICY',
    byDefault: false,
    assumes: 'ztunnel has no rule of its own for pods with a waypoint, by which the waypoint alone gets in',
    concerns: (enforcement, { destination: { workload, via } }) =>
      workload.dataPlane.kind === 'ambient' &&
      (waypointOf(enforcement, workload) ?? (via && waypointOf(enforcement, via.service))) !== undefined,
  },
  {
    name: 'ENABLE_LAYERED_WAYPOINT_AUTHORIZATION_POLICIES',
    byDefault: false,
    assumes: 'the waypoint enforces no policy without a target',
    concerns: (enforcement, { destination: { workload, via } }) =>
      waypointOf(enforcement, via?.service ?? workload) !== undefined,
  },
  {
    name: 'PILOT_SKIP_VALIDATE_TRUST_DOMAIN',
    byDefault: false,
    assumes: 'the sidecar refuses certificates of other trust domains',
    concerns: (enforcement, { source: { identity }, destination: { workload } }) =>
      workload.dataPlane.kind === 'sidecar' &&
      identity !== null &&
      !isTrusted(identity, enforcement.trustedDomains(enforcement.configOf(workload))),
  },
  ...['PILOT_ENABLE_SENDING_HBONE', 'PILOT_ENABLE_SIDECAR_LISTENING_HBONE'].map(
    (name): UnmodelledFlag => ({
      name,
      byDefault: true,
      assumes: 'HBONE is spoken where both ends may',
      concerns: (_, { source: { position }, destination: { workload } }) =>
        position.kind === 'workload' &&
        new Set([position.workload.dataPlane.kind, workload.dataPlane.kind]).size > 1 &&
        [position.workload, workload].some(({ dataPlane }) => dataPlane.kind === 'ambient'),
    }),
  ),
  {
    name: 'PILOT_ENABLE_AMBIENT',
    byDefault: true,
    assumes: 'istiod serves ambient workloads',
    concerns: (_, { destination: { workload } }) => workload.dataPlane.kind === 'ambient',
  },
  {
    name: 'AMBIENT_ENABLE_DRY_RUN_AUTHORIZATION_POLICY',
    byDefault: false,
    assumes: 'ztunnel gets no policies on trial, which one older than 1.29 would enforce',
    concerns: ({ mesh }, { destination: { workload } }) =>
      workload.dataPlane.kind === 'ambient' && mesh.resources.of('AuthorizationPolicy').some(isDryRun),
  },
  {
    name: 'PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS',
    byDefault: false,
    assumes: 'where external authorizers of several providers apply, everything is refused',
    concerns: (enforcement, { destination: { workload } }) => {
      if (workload.dataPlane.kind === 'none') return false;
      const asked = enforcement.envoy(workload).authorization.filter((policy) => actionOf(policy) === 'CUSTOM');
      return new Set(asked.map(({ spec }) => spec.provider?.name)).size > 1;
    },
  },
  {
    name: 'ENABLE_TLS_ON_SIDECAR_INGRESS',
    byDefault: false,
    assumes: 'the TLS settings of Sidecar ingress listeners have no effect',
    concerns: (enforcement, { destination: { workload } }) =>
      ingressOf(enforcement, workload).some(({ tls }) => tls !== undefined),
  },
  {
    name: 'PILOT_ALLOW_SIDECAR_SERVICE_INBOUND_LISTENER_MERGE',
    byDefault: false,
    assumes: 'ports that the ingress of a Sidecar does not name have no listener of their own',
    concerns: (enforcement, { destination: { workload } }) => ingressOf(enforcement, workload).length > 0,
  },
  {
    name: 'ENABLE_SELECTOR_BASED_K8S_GATEWAY_POLICY',
    byDefault: true,
    assumes: 'policies with a selector apply to gateways of the Gateway API too',
    concerns: (_, { destination: { workload } }) => isRouter(workload) && workload.gateway?.gatewayName !== undefined,
  },
  {
    name: 'PILOT_SCOPE_GATEWAY_TO_NAMESPACE',
    byDefault: false,
    assumes: 'a gateway serves the Gateways of all namespaces that select it',
    concerns: (_, { destination: { workload } }) => isRouter(workload),
  },
  {
    name: 'PILOT_ENABLE_STRICT_GATEWAY_MERGING',
    byDefault: true,
    assumes: 'Gateways of other namespaces are not merged with those of the Gateway API',
    concerns: (_, { destination: { workload } }) => isRouter(workload),
  },
  {
    name: 'PILOT_ENABLE_SERVICEENTRY_SELECT_PODS',
    byDefault: true,
    assumes: 'ServiceEntries with a selector lead to pods',
    concerns: ({ mesh }, { destination: { workload } }) =>
      mesh.resources
        .of('ServiceEntry')
        .some(({ namespace, spec }) => namespace === workload.namespace && spec.workloadSelector !== undefined),
  },
  {
    name: 'AMBIENT_ENABLE_MULTI_NETWORK',
    byDefault: false,
    assumes: 'ambient reaches no endpoint of another network',
    concerns: ({ mesh }, { destination: { workload } }) =>
      mesh.clusters.length > 1 && workload.dataPlane.kind === 'ambient',
  },
];

function ingressOf({ mesh }: Enforcement, { namespace, dataPlane }: Workload) {
  if (dataPlane.kind !== 'sidecar') return [];
  return mesh.resources
    .of('Sidecar')
    .filter((sidecar) => sidecar.namespace === namespace)
    .flatMap(({ spec }) => spec.ingress ?? []);
}

/** What a verdict rests on because a flag of istiod is set that is not computed; empty mostly. */
export function assumesOfFlags(enforcement: Enforcement, query: Query): readonly string[] {
  const flags = flagsFor(enforcement, query.destination.workload);
  if (flags.size === 0) return [];
  return UNMODELLED.flatMap(({ name, byDefault, assumes, concerns }) => {
    const flag = flags.get(name);
    if (!flag || (boolFlag(flags, name) ?? byDefault) === byDefault || !concerns(enforcement, query)) return [];
    return [`${assumes}: \`${name}\` (${flag.value}) of ${flag.by} is not computed`];
  });
}

/** The environment of the istiod that configures a workload's proxy, as far as the input shows it. */
const flagsFor = ({ mesh }: Enforcement, workload: Workload): ReadonlyMap<string, IstiodFlag> =>
  mesh.flags(workload.cluster, workload.dataPlane.revision);
