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
  | Uncaptured
  /** Redirected to a proxy that does not run yet. */
  | { readonly captured: 'too-early'; readonly why: string; readonly by: By; readonly assumes: readonly string[] };

type RunningCapture = Exclude<OutboundCapture, { captured: 'too-early' }>;

export interface Uncaptured {
  readonly captured: false;
  readonly why: string;
  readonly by: By | null;
  readonly assumes: readonly string[];
}

const CAPTURED: RunningCapture = { captured: true, assumes: [] };
const PROXY_UID = 1337;
const OF_ISTIO: ReadonlySet<string> = new Set(['istio-proxy', 'istio-init', 'istio-validation']);

/**
 * Whether a sidecar sees what its application sends. In the order of the rules in the pod: what runs as the proxy's user goes out, then
 * excluded ports, then excluded addresses; of the rest, included ports and included addresses are taken. An init container may run before
 * all that, or before the proxy.
 *
 * Source: istio tools/istio-iptables/pkg/capture/run.go (reference §5.3), pkg/kube/inject/webhook.go (reorderPod).
 */
export function capturesOutbound(client: Workload, target: OutboundTarget, container?: string): OutboundCapture {
  if (client.dataPlane.kind !== 'sidecar') return CAPTURED;
  const early = client.dataPlane.startup?.find(({ name, lasting }) => name === container && !lasting);
  if (early?.meets === 'nothing') {
    const why = `init container \`${early.name}\` runs before anything is redirected: ${early.why}`;
    return { captured: false, why, by: byOf(client.resource, { path: early.path }), assumes: early.assumes };
  }
  const captured = capturesRunning(client, target, container);
  if (!early || captured.captured !== true) return captured;
  const assumes = [...early.assumes, ...captured.assumes];
  if (early.meets === 'proxy') return { captured: true, assumes };
  const why = `what init container \`${early.name}\` sends is redirected to a proxy that does not run yet: ${early.why}`;
  return { captured: 'too-early', why, by: byOf(client.resource, { path: early.path }), assumes };
}

/** Once redirection is in place. */
function capturesRunning(client: Workload, target: OutboundTarget, container: string | undefined): RunningCapture {
  const { capture } = client.dataPlane;
  const hole = (why: string, field?: string): Uncaptured => {
    const path = field === undefined ? undefined : capture.sources[field];
    const by = byOf(client.resource, path ? { path, clause: String(path.at(-1)) } : {});
    return { captured: false, why, by, assumes: [] };
  };
  const { ip, port, transport } = target;
  if (transport !== 'TCP') return hole(`${transport} is not captured by any proxy`);
  if (capture.mode === 'NONE') return hole('interceptionMode NONE redirects nothing', 'mode');
  const apps = client.containers.filter(({ name, init }) =>
    container === undefined ? !init && !OF_ISTIO.has(name) : name === container,
  );
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
