import type { Writable } from '../../../util/writable.ts';
import type { ContainerSpec } from '../../k8s/container.ts';
import type { PodSpec } from '../../k8s/pod-template.ts';
import type { Container } from '../types.ts';

/** The containers of a pod, init containers last. The pod's own `runAsUser` holds where a container says nothing. */
export function containersOf(spec: PodSpec): readonly Container[] {
  const inherited = spec.securityContext?.runAsUser;
  const read = (container: ContainerSpec, init: boolean): Container => {
    const runAsUser = container.securityContext?.runAsUser ?? inherited;
    const made: Writable<Container> = {
      name: container.name ?? '',
      image: container.image ?? '',
      init,
      privileged: container.securityContext?.privileged ?? false,
      addedCapabilities: container.securityContext?.capabilities?.add ?? [],
      ports: readPorts(container.ports),
    };
    if (runAsUser !== undefined) made.runAsUser = runAsUser;
    return made;
  };
  const containers: Container[] = [];
  for (const container of spec.containers ?? []) containers.push(read(container, false));
  for (const container of spec.initContainers ?? []) containers.push(read(container, true));
  return containers;
}

function readPorts(specs: ContainerSpec['ports'] = []): Container['ports'] {
  const ports: Container['ports'][number][] = [];
  for (const { name, containerPort, protocol = 'TCP', hostPort } of specs) {
    if (containerPort === undefined) continue;
    const port: Writable<Container['ports'][number]> = { containerPort, protocol };
    if (name !== undefined) port.name = name;
    if (hostPort) port.hostPort = hostPort;
    ports.push(port);
  }
  return ports;
}
