import type { Member } from './member.ts';
import { findOwner, type OwnerRule } from './owner.ts';
import { containersOf } from './pods/container.ts';
import { isLive } from './pods/pods.ts';
import { type MeshNamespace, principal, type Workload, type WorkloadPort } from './types.ts';

export interface WorkloadParts {
  readonly member: Member;
  readonly ports: readonly WorkloadPort[];
  readonly services: readonly string[];
  readonly namespace: MeshNamespace | undefined;
  readonly trustDomain: string;
  readonly owners: OwnerRule | undefined;
}

/** Puts a workload together. It has an identity if a proxy can prove it, also where only some of its pods have one. */
export function toWorkload({ member, ports, services, namespace, trustDomain, owners }: WorkloadParts): Workload {
  const { id, cluster, name, kind, resource, templatePath, labels, annotations, serviceAccount, spec } = member;
  const { dataPlane, partlyInMesh } = member.decision;
  const proves = dataPlane.kind !== 'none' || partlyInMesh === true;
  const owner = findOwner(owners, [resource, member, ...(namespace ? [namespace] : [])]);
  return {
    id,
    cluster,
    namespace: member.namespace,
    name,
    kind,
    resource,
    templatePath,
    labels,
    annotations,
    serviceAccount,
    identity: proves ? principal(trustDomain, member.namespace, serviceAccount) : null,
    dataPlane,
    ...(member.gateway && { gateway: member.gateway }),
    hostNetwork: spec.hostNetwork ?? false,
    addresses: member.addresses,
    pods: member.pods
      .filter(isLive)
      .map(({ name: pod }) => pod)
      .sort(),
    ports,
    services,
    ...(owner !== undefined && { owner }),
    ...(member.replicas !== undefined && { replicas: member.replicas }),
    containers: containersOf(spec),
  };
}
