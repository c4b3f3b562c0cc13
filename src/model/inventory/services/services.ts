import type { Diagnostic } from '../../../result/diagnostic.ts';
import type { Writable } from '../../../util/writable.ts';
import type { Service, ServicePortSpec } from '../../k8s/service.ts';
import type { Resources } from '../../resources.ts';
import { LabelIndex } from '../label-selection.ts';
import { isMachine, type Member } from '../member.ts';
import { findNamedPort } from '../pods/declared-ports.ts';
import { convertProtocol } from '../protocol.ts';
import { type MeshService, namespaceKey, type ServicePort, serviceId } from '../types.ts';
import type { ServiceClaim } from './claim.ts';
import { type EndpointTarget, findEndpoints } from './endpoints.ts';
import { isInternalLoadBalancer } from './load-balancer.ts';
import { claimServiceEntries } from './service-entries.ts';

export interface FoundServices {
  readonly services: readonly MeshService[];
  readonly claims: ReadonlyMap<Member, readonly ServiceClaim[]>;
  /** Keys of the Services that select a workload, also by no port of theirs. */
  readonly selecting: ReadonlyMap<Member, readonly string[]>;
  readonly diagnostics: readonly Diagnostic[];
}

/** The Services of the input (and those that istiod makes), the workloads behind them, and which port of those each of their ports means. */
export function findServices(
  resources: Resources,
  members: readonly Member[],
  managed: readonly MeshService[],
): FoundServices {
  const byNamespace = new Map<string, Member[]>();
  for (const member of members) {
    const key = namespaceKey(member.cluster, member.namespace);
    const there = byNamespace.get(key);
    if (there) there.push(member);
    else byNamespace.set(key, [member]);
  }
  const indexes = new Map([...byNamespace].map(([key, there]) => [key, new LabelIndex(there, ({ labels }) => labels)]));
  const endpoints = findEndpoints(resources, members);
  const claims = new Map<Member, ServiceClaim[]>();
  const selecting = new Map<Member, string[]>();
  const diagnostics: Diagnostic[] = [];
  const services: MeshService[] = [];

  const attach = (service: MeshService, behind: readonly Member[], targets: readonly EndpointTarget[]) => {
    for (const member of behind) push(selecting, member, service.id);
    for (const port of service.ports) {
      const reached =
        targets.length > 0
          ? targets.flatMap((each) => toTarget(port, each))
          : behind.flatMap((each) => toOwn(port, each));
      for (const [member, target] of reached) push(claims, member, claim(service, port, target));
      if (reached.length === 0 && behind.length > 0) diagnostics.push(leadsNowhere(service, port));
    }
    services.push(service);
  };

  for (const service of resources.of('Service')) {
    const index = indexes.get(namespaceKey(service.cluster, service.namespace));
    const selector = service.spec.selector ?? {};
    const selects = Object.keys(selector).length > 0 && service.spec.type !== 'ExternalName';
    const targets = selects ? [] : (endpoints.get(serviceId(service.cluster, service.namespace, service.name)) ?? []);
    const behind = selects ? (index?.find(selector) ?? []) : [...new Set(targets.map(({ member }) => member))];
    attach(readService(service, behind), behind, targets);
  }
  const known = new Set(services.map(({ id }) => id));
  for (const service of managed) {
    if (known.has(service.id)) continue;
    const gateway = (byNamespace.get(namespaceKey(service.cluster, service.namespace)) ?? []).filter(
      ({ resource }) => resource === service.resource,
    );
    attach({ ...service, workloads: idsOf(gateway) }, gateway, []);
  }
  for (const [member, claimed] of claimServiceEntries(resources, indexes)) push(claims, member, claimed);
  return { services, claims, selecting, diagnostics };
}

const idsOf = (members: readonly Member[]): MeshService['workloads'] => members.map(({ id }) => id).sort();

function readService(service: Service, behind: readonly Member[]): MeshService {
  const { spec, cluster, namespace, name, labels, annotations } = service;
  const read: Writable<MeshService> = {
    id: serviceId(cluster, namespace, name),
    cluster,
    namespace,
    name,
    labels,
    annotations,
    type: spec.type ?? 'ClusterIP',
    headless: spec.clusterIP === 'None',
    externalIPs: spec.externalIPs ?? [],
    loadBalancerSourceRanges: spec.loadBalancerSourceRanges ?? [],
    internal: isInternalLoadBalancer(service),
    ports: (spec.ports ?? []).flatMap(readPort),
    workloads: idsOf(behind),
    resource: service,
  };
  if (spec.externalName !== undefined) read.externalName = spec.externalName;
  return read;
}

function readPort({ port, name, targetPort, nodePort, protocol = 'TCP', appProtocol }: ServicePortSpec): ServicePort[] {
  if (port === undefined) return [];
  const numeric = typeof targetPort === 'string' && /^\d+$/.test(targetPort) ? Number(targetPort) : targetPort;
  const converted = convertProtocol({ port, name, transport: protocol, appProtocol });
  const read: Writable<ServicePort> = {
    port,
    transport: protocol,
    protocol: converted.protocol,
    chain: converted.chain,
    targetPort: numeric || port,
  };
  if (name !== undefined) read.name = name;
  if (nodePort !== undefined) read.nodePort = nodePort;
  return [read];
}

type Reached = readonly [member: Member, target: number];

/** The port of the workload itself: a number, or what the name stands for in its pods. Machines name their ports as the Service does. */
function toOwn({ targetPort, name, transport }: ServicePort, member: Member): readonly Reached[] {
  if (isMachine(member)) {
    const named = (wanted: unknown) =>
      member.declared.find((each) => each.name !== undefined && each.name === wanted)?.port;
    const port = named(name) ?? named(targetPort) ?? targetPort;
    return typeof port === 'number' ? [[member, port]] : [];
  }
  const port = typeof targetPort === 'number' ? targetPort : findNamedPort(member.spec, targetPort, transport);
  return port === undefined ? [] : [[member, port]];
}

/** A Service without selector: its EndpointSlices tell the port, by the name of the Service's port. */
function toTarget({ name, transport }: ServicePort, { member, ports }: EndpointTarget): readonly Reached[] {
  const found = ports.find((each) => (each.name ?? '') === (name ?? '') && each.transport === transport);
  return found ? [[member, found.port]] : [];
}

const NO_TRANSLATION = 'experimental.istio.io/disable-gateway-port-translation';

function claim({ id, labels, resource }: MeshService, port: ServicePort, target: number): ServiceClaim {
  const { name, transport, protocol, chain } = port;
  return {
    source: id,
    isService: true,
    translates: labels[NO_TRANSLATION] === undefined,
    created: resource.creationTimestamp,
    port: port.port,
    name,
    target,
    transport,
    protocol,
    chain,
  };
}

function leadsNowhere({ id, resource }: MeshService, { port, targetPort }: ServicePort): Diagnostic {
  return {
    severity: 'warning',
    file: resource.origin.source,
    line: resource.origin.line,
    message: `port ${port} of Service \`${id}\` leads nowhere: no container of its pods names a port \`${targetPort}\``,
    help: 'name the container port, or give `targetPort` as a number',
  };
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
