import type { GatewayListener } from '../../gateway/listener.ts';
import type { GatewayServer } from '../../istio/gateway.ts';
import type { Resources } from '../../resources.ts';
import { LabelIndex } from '../label-selection.ts';
import type { Member } from '../member.ts';
import type { PortProtocol } from '../protocol.ts';

/** A port that a Gateway opens on a gateway's proxy, by its number in the Gateway: that of the Service where one exposes it. */
export interface OpenedPort extends PortProtocol {
  readonly number: number;
  readonly name?: string | undefined;
  readonly declaredBy: 'gateway' | 'listener';
}

/**
 * The servers and listeners of each gateway workload. An Istio Gateway opens its servers on the gateways that its selector takes in any
 * namespace, without a selector on all of them; a Gateway API Gateway on its own pods. Waypoints take no Istio Gateways.
 * Source: istio pilot/pkg/model/gateway.go, pilot/pkg/config/kube/gateway/conversion.go (reference §8.1, §8.3).
 */
export function findOpenedPorts(
  resources: Resources,
  members: readonly Member[],
): ReadonlyMap<Member, readonly OpenedPort[]> {
  const opened = new Map<Member, OpenedPort[]>();
  const open = (member: Member, port: OpenedPort) => {
    const ports = opened.get(member);
    if (ports) ports.push(port);
    else opened.set(member, [port]);
  };
  const gateways = members.filter(({ gateway }) => gateway !== undefined);
  const classic = new LabelIndex(
    gateways.filter(({ gateway }) => gateway?.kind !== 'waypoint'),
    ({ labels }) => labels,
  );
  for (const { cluster, spec } of resources.of('Gateway')) {
    const selected = classic.find(spec.selector ?? {}).filter((member) => member.cluster === cluster);
    const ports = (spec.servers ?? []).flatMap(ofServer);
    for (const member of selected) for (const port of ports) open(member, port);
  }
  for (const member of gateways) {
    const name = member.gateway?.gatewayName;
    const owner =
      name === undefined ? undefined : resources.find('KubernetesGateway', member.namespace, name, member.cluster);
    for (const port of (owner?.spec.listeners ?? []).flatMap(ofListener)) open(member, port);
  }
  return opened;
}

function ofServer({ port, tls }: GatewayServer): readonly OpenedPort[] {
  if (port?.number === undefined) return [];
  const protocol = (port.protocol ?? 'http').toLowerCase();
  const passes = tls?.mode === 'PASSTHROUGH' || tls?.mode === 'AUTO_PASSTHROUGH';
  return [{ number: port.number, name: port.name, declaredBy: 'gateway', protocol, chain: chainOf(protocol, passes) }];
}

function ofListener({ port, name, protocol = 'HTTP', tls }: GatewayListener): readonly OpenedPort[] {
  if (port === undefined || protocol === 'UDP') return [];
  const word = protocol.toLowerCase();
  return [
    { number: port, name, declaredBy: 'listener', protocol: word, chain: chainOf(word, tls?.mode === 'Passthrough') },
  ];
}

/** A gateway sees HTTP where it terminates TLS, and nothing but bytes behind TLS that it passes on. */
function chainOf(protocol: string, passesTls: boolean): 'http' | 'tcp' {
  const http = ['http', 'http2', 'grpc', 'grpc-web', 'https'].includes(protocol);
  return http && !passesTls ? 'http' : 'tcp';
}
