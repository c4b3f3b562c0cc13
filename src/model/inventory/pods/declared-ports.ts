import type { Writable } from '../../../util/writable.ts';
import type { ContainerSpec, Probe } from '../../k8s/container.ts';
import type { PodSpec } from '../../k8s/pod-template.ts';
import type { DeclaredPort } from '../member.ts';
import { PROXY_CONTAINER } from './pod-set.ts';

type Transport = DeclaredPort['transport'];

/**
 * The ports that a pod's containers name, and those its probes go to; the proxy's own are left out. With the host network every port is one
 * of the node, as Kubernetes defaults `hostPort`.
 */
export function declaredPorts(spec: PodSpec): readonly DeclaredPort[] {
  // A list: a pod has too few ports for a map to be worth its making.
  const found: Writable<DeclaredPort>[] = [];
  const find = (wanted: number, over: Transport) =>
    found.find(({ port, transport }) => port === wanted && transport === over);
  const apps = servers(spec).filter(({ name }) => name !== PROXY_CONTAINER);
  for (const { ports = [] } of apps) {
    for (const { name, containerPort, protocol, hostPort } of ports) {
      if (containerPort === undefined) continue;
      const transport = transportOf(protocol);
      if (find(containerPort, transport)) continue;
      const onNode = spec.hostNetwork ? containerPort : hostPort;
      const port: Writable<DeclaredPort> = { port: containerPort, transport, probed: false };
      if (name !== undefined) port.name = name;
      if (onNode) port.hostPort = onNode;
      found.push(port);
    }
  }
  for (const container of apps) {
    for (const port of probedPorts(container)) {
      const before = find(port, 'TCP');
      if (before) before.probed = true;
      else found.push({ port, transport: 'TCP', probed: true });
    }
  }
  return found;
}

/** The port that a name stands for in these pods, as Kubernetes' `FindPort`: same transport, native sidecars included. */
export function findNamedPort(spec: PodSpec, name: string, transport: Transport): number | undefined {
  for (const { ports = [] } of servers(spec)) {
    const port = ports.find((each) => each.name === name && transportOf(each.protocol) === transport);
    if (port?.containerPort !== undefined) return port.containerPort;
  }
  return undefined;
}

export const transportOf = (protocol: string | undefined): Transport =>
  protocol === 'UDP' || protocol === 'SCTP' ? protocol : 'TCP';

/** Containers that run beside each other: init containers end, but for native sidecars. */
function servers(spec: PodSpec): readonly ContainerSpec[] {
  const { containers = [], initContainers = [] } = spec;
  if (initContainers.length === 0) return containers;
  return [...containers, ...initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always')];
}

function probedPorts(container: ContainerSpec): readonly number[] {
  const ports: number[] = [];
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) {
    const port = probe && portOf(probe, container);
    if (port !== undefined) ports.push(port);
  }
  return ports;
}

function portOf({ httpGet, tcpSocket, grpc }: Probe, { ports = [] }: ContainerSpec): number | undefined {
  const port = httpGet?.port ?? tcpSocket?.port ?? grpc?.port;
  if (typeof port !== 'string') return port;
  return /^\d+$/.test(port) ? Number(port) : ports.find(({ name }) => name === port)?.containerPort;
}
