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
  const found = new Map<string, DeclaredPort>();
  const apps = servers(spec).filter(({ name }) => name !== PROXY_CONTAINER);
  for (const { ports = [] } of apps) {
    for (const { name, containerPort, protocol, hostPort } of ports) {
      if (containerPort === undefined) continue;
      const transport = transportOf(protocol);
      const onNode = spec.hostNetwork ? containerPort : hostPort;
      const key = `${containerPort}/${transport}`;
      if (found.has(key)) continue;
      found.set(key, {
        port: containerPort,
        ...(name !== undefined && { name }),
        transport,
        ...(onNode ? { hostPort: onNode } : {}),
        probed: false,
      });
    }
  }
  for (const container of apps) {
    for (const port of probedPorts(container)) {
      const key = `${port}/TCP`;
      const before = found.get(key) ?? { port, transport: 'TCP' as const };
      found.set(key, { ...before, probed: true });
    }
  }
  return [...found.values()];
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
  const native = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  return [...(spec.containers ?? []), ...native];
}

function probedPorts(container: ContainerSpec): readonly number[] {
  const probes = [container.livenessProbe, container.readinessProbe, container.startupProbe];
  return probes.flatMap((probe) => (probe ? (portOf(probe, container) ?? []) : []));
}

function portOf({ httpGet, tcpSocket, grpc }: Probe, { ports = [] }: ContainerSpec): number | undefined {
  const port = httpGet?.port ?? tcpSocket?.port ?? grpc?.port;
  if (typeof port !== 'string') return port;
  return /^\d+$/.test(port) ? Number(port) : ports.find(({ name }) => name === port)?.containerPort;
}
