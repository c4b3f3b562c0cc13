import type { Writable } from '../../util/writable.ts';
import type { Member } from './member.ts';
import { findOwner, type OwnerRule } from './owner.ts';
import { containersOf } from './pods/container.ts';
import type { Pod } from '../k8s/pod.ts';
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
  const owner = findOwner(owners, namespace ? [resource, member, namespace] : [resource, member]);
  // Optional fields are assigned, not spread: a spread inside a literal costs more than all the rest of it.
  const workload: Writable<Workload> = {
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
    hostNetwork: spec.hostNetwork ?? false,
    addresses: member.addresses,
    pods: namesOf(member.pods),
    ports,
    services,
    containers: containersOf(spec),
  };
  if (member.gateway) workload.gateway = member.gateway;
  if (owner !== undefined) workload.owner = owner;
  if (member.replicas !== undefined) workload.replicas = member.replicas;
  return workload;
}

function namesOf(pods: readonly Pod[]): readonly string[] {
  if (pods.length === 0) return NO_NAMES;
  return pods
    .filter(isLive)
    .map(({ name }) => name)
    .sort();
}

const NO_NAMES: readonly string[] = Object.freeze([]);
