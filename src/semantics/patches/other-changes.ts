import { byOf } from '../../model/by.ts';
import type { Mesh, Workload } from '../../model/inventory/types.ts';
import type { AuthorizationPolicy } from '../../model/istio/authorization-policy.ts';
import { targetsOf } from '../policy-index.ts';
import type { ProxyChange, ProxyEffect } from './proxy-change.ts';

/** Kinds that hold the settings of a whole control plane. */
const OF_THE_MESH: ReadonlySet<string> = new Set(['ServiceMeshControlPlane', 'IstioRevision', 'ControlPlaneRevision']);
/** They say who belongs to the mesh, which the data plane of each workload shows. */
const OF_MEMBERS: ReadonlySet<string> = new Set(['ServiceMeshMemberRoll', 'ServiceMeshMember']);

/** Objects of kinds that are not modelled and touch what proxies of the mesh do. */
export function unmodelledChanges(mesh: Mesh, workload: Workload): readonly ProxyChange[] {
  return mesh.resources.unmodelled
    .filter(
      ({ touches, kind, namespace, cluster }) =>
        touches === 'mesh' &&
        cluster === workload.cluster &&
        !OF_MEMBERS.has(kind) &&
        (namespace === '' || namespace === workload.namespace || OF_THE_MESH.has(kind)),
    )
    .map((object): ProxyChange => {
      const { kind, namespace, name, origin, why } = object;
      const effect: ProxyEffect =
        kind === 'ServiceMeshExtension' ? { kind: 'rewrites' } : { kind: 'unclear', what: 'what is enforced' };
      return {
        object,
        by: { kind, namespace, name, location: origin.locate([]) },
        text: `not modelled: ${why}`,
        effect,
        chain: kind === 'ServiceMeshExtension' ? 'http' : 'any',
        ports: null,
      };
    });
}

const TARGETS: ReadonlySet<string> = new Set(['Gateway', 'GatewayClass', 'Service', 'ServiceEntry']);

export const hasUnknownTarget = ({ spec }: AuthorizationPolicy): boolean =>
  targetsOf(spec).some(({ kind = '' }) => !TARGETS.has(kind));

/**
 * AuthorizationPolicies that target a kind which istiod of the recorded version does not know, as HTTPRoute: where it does, they take the place of
 * others for what they target. Reference §15.8.
 */
export function unknownTargets(mesh: Mesh, workload: Workload, cluster: string): readonly ProxyChange[] {
  if (workload.dataPlane.kind !== 'gateway') return [];
  return mesh.resources
    .of('AuthorizationPolicy')
    .filter((policy) => policy.cluster === cluster && hasUnknownTarget(policy) && reaches(mesh, policy, workload))
    .map((policy) => {
      const targets = targetsOf(policy.spec).map(({ kind, name }) => `${kind} ${name}`);
      return {
        object: policy,
        by: byOf(policy, { path: ['spec', 'targetRefs'] }),
        text: `targets ${targets.join(', ')}`,
        effect: { kind: 'unclear', what: 'RBAC' },
        chain: 'any',
        ports: null,
      };
    });
}

/** A route may hang on a gateway of another namespace. */
function reaches({ resources }: Mesh, { cluster, namespace, spec }: AuthorizationPolicy, workload: Workload): boolean {
  if (namespace === workload.namespace) return true;
  return targetsOf(spec).some(({ kind, name = '' }) => {
    const route = kind === 'HTTPRoute' ? resources.find('HTTPRoute', namespace, name, cluster) : undefined;
    return route?.spec.parentRefs?.some(
      (parent) => parent.namespace === workload.namespace && parent.name === workload.gateway?.gatewayName,
    );
  });
}
