import type { ContainerSpec } from '../../k8s/container.ts';
import type { PodSpec } from '../../k8s/pod-template.ts';
import type { Container } from '../types.ts';

/** The containers of a pod, init containers last. The pod's own `runAsUser` holds where a container says nothing. */
export function containersOf(spec: PodSpec): readonly Container[] {
  const inherited = spec.securityContext?.runAsUser;
  const read = (container: ContainerSpec, init: boolean): Container => {
    const runAsUser = container.securityContext?.runAsUser ?? inherited;
    return {
      name: container.name ?? '',
      image: container.image ?? '',
      init,
      ...(runAsUser !== undefined && { runAsUser }),
      privileged: container.securityContext?.privileged ?? false,
      addedCapabilities: container.securityContext?.capabilities?.add ?? [],
      ports: (container.ports ?? []).flatMap(({ name, containerPort, protocol = 'TCP', hostPort }) =>
        containerPort === undefined
          ? []
          : [{ ...(name !== undefined && { name }), containerPort, protocol, ...(hostPort ? { hostPort } : {}) }],
      ),
    };
  };
  return [
    ...(spec.containers ?? []).map((container) => read(container, false)),
    ...(spec.initContainers ?? []).map((container) => read(container, true)),
  ];
}
