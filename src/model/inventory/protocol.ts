import type { ChainKind } from './types.ts';

/** A protocol as Istio names it, and the inbound filter chain it leads to. */
export interface PortProtocol {
  /** In lower case; `auto` where Istio detects the protocol. */
  readonly protocol: string;
  readonly chain: ChainKind;
}

export const AUTO: PortProtocol = { protocol: 'auto', chain: 'auto' };

/** What Istio's `protocol.Parse` knows (pkg/config/protocol/instance.go). */
const PROTOCOLS: ReadonlyMap<string, PortProtocol> = new Map(
  [
    ...['http', 'http2', 'http_proxy', 'grpc', 'grpc-web'].map((protocol) => ({ protocol, chain: 'http' as const })),
    ...['https', 'tls', 'tcp', 'mongo', 'mysql', 'redis', 'udp'].map((protocol) => ({
      protocol,
      chain: 'tcp' as const,
    })),
  ].map((entry) => [entry.protocol, entry]),
);

const protocolOf = (name: string): PortProtocol => PROTOCOLS.get(name) ?? AUTO;

/** Names that Kubernetes gives to `appProtocol`; they mean nothing as port names. */
const KUBERNETES_APP_PROTOCOLS: ReadonlyMap<string, PortProtocol> = new Map([
  ['kubernetes.io/h2c', protocolOf('http2')],
  ['kubernetes.io/ws', protocolOf('http')],
  ['kubernetes.io/wss', protocolOf('https')],
]);

/** Server-first protocols, which detection would keep waiting: TCP when nothing else is said. */
const WELL_KNOWN_TCP_PORTS: ReadonlySet<number> = new Set([25, 53, 3306, 27017]);

export interface ServicePortNaming {
  readonly port: number;
  readonly name?: string | undefined;
  readonly transport?: string | undefined;
  readonly appProtocol?: string | undefined;
}

/**
 * The protocol of a Kubernetes Service port, as `ConvertProtocol` of Istio's pkg/config/kube/conversion.go (reference §6). An
 * `appProtocol` that Istio does not know never falls back to the port's name.
 */
export function convertProtocol({ port, name, transport, appProtocol }: ServicePortNaming): PortProtocol {
  if (transport === 'UDP') return protocolOf('udp');
  if (appProtocol !== undefined) {
    const special = KUBERNETES_APP_PROTOCOLS.get(appProtocol);
    if (special) return special;
  }
  const text = (appProtocol ?? name ?? '').toLowerCase();
  if (text.startsWith('grpc-web')) return protocolOf('grpc-web');
  const dash = text.indexOf('-');
  const found = protocolOf(dash < 0 ? text : text.slice(0, dash));
  return found === AUTO && WELL_KNOWN_TCP_PORTS.has(port) ? protocolOf('tcp') : found;
}

/** The protocol of a port that has a `protocol` field of its own (ServiceEntry, Sidecar listener): `protocol.Parse` of the whole word. */
export function parseProtocol(word: string | undefined): PortProtocol {
  return protocolOf((word ?? '').toLowerCase());
}
