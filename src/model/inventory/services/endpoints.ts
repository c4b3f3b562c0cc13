import type { Resources } from '../../resources.ts';
import type { Member } from '../member.ts';
import { transportOf } from '../pods/declared-ports.ts';
import { namespaceKey, type ServicePort, serviceId } from '../types.ts';

/** A workload that an EndpointSlice names, and the ports that traffic of the Service arrives at. */
export interface EndpointTarget {
  readonly member: Member;
  readonly ports: readonly {
    readonly name?: string | undefined;
    readonly port: number;
    readonly transport: ServicePort['transport'];
  }[];
}

/** Per Service, what its EndpointSlices name: pods of the input by name, else anything of the input by address. */
export function findEndpoints(
  resources: Resources,
  members: readonly Member[],
): ReadonlyMap<string, readonly EndpointTarget[]> {
  const slices = resources.of('EndpointSlice');
  const found = new Map<string, EndpointTarget[]>();
  if (slices.length === 0) return found;
  const byPod = new Map(
    members.flatMap((member) =>
      member.pods.map((pod) => [`${namespaceKey(pod.cluster, pod.namespace)}/${pod.name}`, member] as const),
    ),
  );
  const byAddress = new Map(
    members.flatMap((member) => member.addresses.map((address) => [`${member.cluster}/${address}`, member] as const)),
  );
  for (const { cluster, namespace, labels, spec } of slices) {
    const service = labels['kubernetes.io/service-name'];
    if (!service) continue;
    const ports = (spec.ports ?? []).flatMap(({ name, port, protocol }) =>
      port === undefined ? [] : [{ name, port, transport: transportOf(protocol) }],
    );
    const named = (spec.endpoints ?? []).flatMap(({ targetRef, addresses = [] }) => {
      const pod =
        targetRef?.kind === 'Pod' && targetRef.name
          ? byPod.get(`${namespaceKey(cluster, targetRef.namespace ?? namespace)}/${targetRef.name}`)
          : undefined;
      return pod ?? addresses.flatMap((address) => byAddress.get(`${cluster}/${address}`) ?? []);
    });
    const key = serviceId(cluster, namespace, service);
    const targets = [...new Set(named)].map((member) => ({ member, ports }));
    found.set(key, [...(found.get(key) ?? []), ...targets]);
  }
  return found;
}
