import type { Writable } from '../../util/writable.ts';
import type { IstiodFlags } from '../istiod-flags.ts';
import type { MeshConfig } from '../mesh-config.ts';
import type { Resources } from '../resources.ts';
import { type DataPlaneContext, decideDataPlane } from './data-plane/data-plane.ts';
import { readInjectorSettings } from './data-plane/injector-settings.ts';
import { findInjectionWebhooks, type InjectionWebhooks } from './data-plane/webhooks.ts';
import { readGatewayClasses } from './gateways/classes.ts';
import { deployManagedGateways, type ManagedGateways } from './gateways/managed.ts';
import { GATEWAY_CLASS_NAME, gatewayNameOf, gatewayRoleOf } from './gateways/role.ts';
import type { Member } from './member.ts';
import { declaredPorts } from './pods/declared-ports.ts';
import { findMachines } from './pods/machines.ts';
import { type PodSet, serviceAccountOf } from './pods/pod-set.ts';
import { addressesOf } from './pods/pods.ts';
import { type MeshNamespace, namespaceKey, type WorkloadId, workloadId } from './types.ts';

const NO_ADDRESSES: readonly string[] = Object.freeze([]);

export interface MemberContext {
  readonly resources: Resources;
  readonly configOf: (cluster: string, revision: string) => MeshConfig;
  readonly flags: IstiodFlags;
  readonly version: string | undefined;
  /** The input is said to hold everything. */
  readonly complete: boolean;
}

export interface FoundMembers extends ManagedGateways {
  readonly members: readonly Member[];
}

/** Everything that runs: what the controllers and pods of the input make (`sets`), machines, and the gateways that istiod deploys. */
export function findMembers(
  sets: readonly PodSet[],
  namespaces: ReadonlyMap<string, MeshNamespace>,
  context: MemberContext,
): FoundMembers {
  const { resources, configOf } = context;
  const classOf = readGatewayClasses(resources);
  const managed = deployManagedGateways(resources, sets, classOf);
  const contextOf = dataPlaneContexts(namespaces, context);

  const roleOf = (set: PodSet) => {
    const name = gatewayNameOf(set);
    const owner =
      name === undefined ? undefined : resources.find('KubernetesGateway', set.namespace, name, set.cluster);
    const className = owner?.spec.gatewayClassName ?? set.labels[GATEWAY_CLASS_NAME];
    return gatewayRoleOf(set, className, className === undefined ? undefined : classOf(className, set.cluster));
  };
  const inPods = sets.map((set): Member => {
    const decision = decideDataPlane(set, contextOf(set));
    const member: Writable<Member> = {
      cluster: set.cluster,
      namespace: set.namespace,
      name: set.name,
      kind: set.kind,
      resource: set.resource,
      templatePath: set.templatePath,
      labels: set.labels,
      annotations: set.annotations,
      spec: set.spec,
      replicas: set.replicas,
      pods: set.pods,
      id: workloadId(set.cluster, set.namespace, set.name),
      decision,
      serviceAccount: serviceAccountOf(set.spec),
      addresses: set.pods.length === 0 ? NO_ADDRESSES : [...new Set(set.pods.flatMap(addressesOf))].sort(),
      declared: declaredPorts(set.spec),
    };
    if (decision.dataPlane.kind === 'gateway') member.gateway = roleOf(set);
    return member;
  });

  const gateways = new Map(managed.gateways.map((each) => [gatewayKey(each.member), each.member]));
  const machines: Member[] = [];
  for (const machine of findMachines(resources, (cluster) => configOf(cluster, 'default'))) {
    const key = gatewayKey(machine);
    const gateway = machine.kind === 'WorkloadEntry' && key !== undefined ? gateways.get(key) : undefined;
    // An entry with the label of a Gateway gives that Gateway an address.
    if (gateway) gateways.set(key, { ...gateway, addresses: [...gateway.addresses, ...machine.addresses].sort() });
    else
      machines.push(machine.decision.dataPlane.kind === 'gateway' ? { ...machine, gateway: roleOf(machine) } : machine);
  }
  return { ...managed, members: unique([...inPods, ...machines, ...gateways.values()]) };
}

const gatewayKey = (set: Pick<PodSet, 'cluster' | 'namespace' | 'labels'>): string | undefined => {
  const name = gatewayNameOf(set);
  return name === undefined ? undefined : `${namespaceKey(set.cluster, set.namespace)}/${name}`;
};

function dataPlaneContexts(
  namespaces: ReadonlyMap<string, MeshNamespace>,
  { resources, configOf, flags, version, complete }: MemberContext,
): (set: PodSet) => DataPlaneContext {
  const settingsOf = readInjectorSettings(resources);
  const webhooks = new Map<string, InjectionWebhooks>();
  const webhooksOf = (cluster: string): InjectionWebhooks => {
    const found = webhooks.get(cluster) ?? findInjectionWebhooks(resources, cluster);
    webhooks.set(cluster, found);
    return found;
  };
  const ztunnels = new Set(
    resources.of('DaemonSet').flatMap(({ cluster, name }) => (name.includes('ztunnel') ? [cluster] : [])),
  );
  const cnis = new Set(
    resources.of('DaemonSet').flatMap(({ cluster, name }) => (/^istio-cni(-|$)/.test(name) ? [cluster] : [])),
  );
  const contexts = new Map<string, DataPlaneContext>();
  return ({ cluster, namespace: name }) => {
    const key = namespaceKey(cluster, name);
    const known = contexts.get(key);
    if (known) return known;
    const namespace = namespaces.get(key) ?? { cluster, name, labels: {}, annotations: {}, defined: false };
    const context: DataPlaneContext = {
      namespace,
      labelsKnown: namespace.defined || complete,
      selectableLabels: { ...namespace.labels, 'kubernetes.io/metadata.name': name },
      webhooks: webhooksOf(cluster),
      settingsOf,
      complete,
      configOf: (revision) => configOf(cluster, revision),
      startOf: (revision) => ({
        flags: flags(cluster, revision),
        version,
        cni: settingsOf(revision).cni ?? (cnis.has(cluster) ? true : complete ? false : undefined),
      }),
      ambientAssumes: ztunnels.has(cluster) ? [] : ['istio-cni and ztunnel run on every node'],
    };
    contexts.set(key, context);
    return context;
  };
}

/** In which order objects of one namespace and name get the plain id; the others have their kind added to it. */
const PRECEDENCE = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'CronJob', 'Job', 'Pod', 'Gateway'];

function unique(members: readonly Member[]): readonly Member[] {
  const rank = ({ kind }: Member) => (PRECEDENCE.includes(kind) ? PRECEDENCE.indexOf(kind) : PRECEDENCE.length);
  const taken = new Set<WorkloadId>();
  let renamed = false;
  const named = [...members]
    .sort((a, b) => (a.id === b.id ? rank(a) - rank(b) || (a.kind < b.kind ? -1 : 1) : a.id < b.id ? -1 : 1))
    .map((member) => {
      if (!taken.has(member.id)) {
        taken.add(member.id);
        return member;
      }
      const id = workloadId(member.cluster, member.namespace, `${member.name}.${member.kind.toLowerCase()}`);
      taken.add(id);
      renamed = true;
      return { ...member, id };
    });
  return renamed ? named.sort((a, b) => (a.id < b.id ? -1 : 1)) : named;
}
