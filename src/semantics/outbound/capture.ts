import { byOf } from '../../model/by.ts';
import type { Container, Workload } from '../../model/inventory/types.ts';
import type { By } from '../../result/location.ts';
import { contains, parseAddress, parseCidr } from '../../util/cidr.ts';

/** Where a client sends, as its own pod sees it: a service's address and port, before the node translates them. */
export interface OutboundTarget {
  /** Absent: one that the input does not show. */
  readonly ip?: string;
  readonly port: number;
  readonly transport: 'TCP' | 'UDP' | 'SCTP';
}

export type OutboundCapture =
  | { readonly captured: true; readonly assumes: readonly string[] }
  | { readonly captured: false; readonly why: string; readonly by: By | null };

const CAPTURED: OutboundCapture = { captured: true, assumes: [] };
const PROXY_UID = 1337;
const OF_ISTIO: ReadonlySet<string> = new Set(['istio-proxy', 'istio-init', 'istio-validation']);

/**
 * Whether a sidecar sees what its application sends. In the order of the rules in the pod: what runs as the proxy's user goes out, then
 * excluded ports, then excluded addresses; of the rest, included ports and included addresses are taken.
 *
 * Source: istio tools/istio-iptables/pkg/capture/run.go (reference §5.3).
 */
export function capturesOutbound(client: Workload, target: OutboundTarget): OutboundCapture {
  if (client.dataPlane.kind !== 'sidecar') return CAPTURED;
  const { capture } = client.dataPlane;
  const hole = (why: string, field?: string): OutboundCapture => {
    const path = field === undefined ? undefined : capture.sources[field];
    return { captured: false, why, by: byOf(client.resource, path ? { path, clause: String(path.at(-1)) } : {}) };
  };
  const { ip, port, transport } = target;
  if (transport !== 'TCP') return hole(`${transport} is not captured by any proxy`);
  if (capture.mode === 'NONE') return hole('interceptionMode NONE redirects nothing', 'mode');
  const apps = client.containers.filter(({ name, init }) => !init && !OF_ISTIO.has(name));
  const exempt = apps.filter(({ runAsUser }) => runAsUser === PROXY_UID);
  if (exempt.length > 0 && exempt.length === apps.length)
    return hole(`its containers run as uid ${PROXY_UID}, whose traffic is never redirected`);
  if (capture.excludeOutboundPorts.includes(port))
    return hole('excludeOutboundPorts names the port', 'excludeOutboundPorts');
  const assumes = exempt.map(assumesOther);
  const excluded = isInside(capture.excludeOutboundCidrs, ip);
  if (excluded === true) return hole('excludeOutboundIPRanges holds the address', 'excludeOutboundCidrs');
  if (excluded === undefined)
    assumes.push(
      `the address is not in excludeOutboundIPRanges of ${client.id} (${capture.excludeOutboundCidrs.join(', ')})`,
    );
  const { includeOutboundPorts, includeOutboundCidrs } = capture;
  if (includeOutboundPorts === '*' || includeOutboundCidrs === '*' || includeOutboundPorts.includes(port))
    return assumes.length === 0 ? CAPTURED : { captured: true, assumes };
  const included = isInside(includeOutboundCidrs, ip);
  if (included === false) return hole('includeOutboundIPRanges leaves the address out', 'includeOutboundCidrs');
  if (included === undefined)
    assumes.push(`the address is in includeOutboundIPRanges of ${client.id} (${includeOutboundCidrs.join(', ')})`);
  return { captured: true, assumes };
}

const assumesOther = ({ name }: Container): string =>
  `the request is not sent by container ${name}, which runs as uid ${PROXY_UID} past the proxy`;

/** Undefined: the address is not known, and some are inside. */
function isInside(blocks: readonly string[], ip: string | undefined): boolean | undefined {
  if (blocks.length === 0) return false;
  const address = ip === undefined ? undefined : parseAddress(ip);
  if (!address) return undefined;
  return blocks.some((text) => {
    const block = parseCidr(text);
    return block !== undefined && contains(block, address);
  });
}
