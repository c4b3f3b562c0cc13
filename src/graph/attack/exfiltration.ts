import { byOf } from '../../model/by.ts';
import type { Mesh, Workload } from '../../model/inventory/types.ts';
import type { ServiceEntry } from '../../model/istio/service-entry.ts';
import type { Sidecar } from '../../model/istio/sidecar.ts';
import type { By } from '../../result/location.ts';
import { covers, parseServerHost } from '../../semantics/gateway/host-name.ts';
import { isExported } from '../../semantics/gateway/visibility.ts';
import { egressFacts } from '../egress.ts';
import type { Facts } from '../facts.ts';
import { escapesProxy } from './proxy-escape.ts';

/** A way on which code in a workload gets data to an address of its choice. */
export interface WayOut {
  readonly kind: 'direct' | 'past-proxy' | 'service-entry' | 'egress-gateway';
  readonly technique: 'T1048' | 'T1567' | 'T1090';
  readonly why: string;
  /** The object that lets it out; null: none of the input stands in the way. */
  readonly by: By | null;
  readonly assumes: readonly string[];
  /** What it takes besides running code there. */
  readonly requires: readonly string[];
}

/** The ways out of a workload, the plainest first; undefined: the network lets it reach no address of an attacker's choice. */
export function exfiltrationOf(facts: Facts, workload: Workload): readonly WayOut[] | undefined {
  const egress = egressFacts(facts);
  const { state, why, holes, assumes } = egress.controlOf(workload);
  const ways = state === 'restricted' ? throughGateways(facts, workload) : pastProxy(facts, workload);
  if (ways.length === 0) return undefined;
  const only = state === 'some-ports' ? `; ${holes.join('; ')}` : '';
  const network = state === 'restricted' ? '' : `, and ${why}${only}`;
  return ways.map((way) => ({ ...way, why: `${way.why}${network}`, assumes: [...way.assumes, ...assumes] }));
}

const nothing = { assumes: [], requires: [] } as const;

function pastProxy(facts: Facts, workload: Workload): readonly WayOut[] {
  const ways: WayOut[] = escapesProxy(facts, workload).map(({ why, by, plain }) => ({
    kind: 'past-proxy',
    technique: 'T1048',
    why,
    by,
    assumes: [],
    requires: plain ? [] : ['rights inside the container that its configuration leaves to root'],
  }));
  const outbound = egressFacts(facts).outboundOf(workload);
  // A gateway's routes are its own; as an attacker's place it sends what it likes.
  if (!outbound)
    return [{ kind: 'direct', technique: 'T1048', why: 'no outbound policy governs a gateway', by: null, ...nothing }];
  if (outbound.mode !== 'REGISTRY_ONLY' && workload.dataPlane.kind === 'sidecar') {
    const { why, by, assumes } = outbound;
    ways.unshift({ kind: 'direct', technique: 'T1048', why: `${outbound.mode}: ${why}`, by, assumes, requires: [] });
  } else if (workload.dataPlane.kind === 'sidecar') {
    ways.unshift(...openEntriesOf(facts, workload, outbound.sidecar).map(byEntry));
  }
  return ways;
}

const byEntry = ({ entry, why }: OpenEntry): WayOut => ({
  kind: 'service-entry',
  technique: 'T1567',
  why,
  by: byOf(entry, { clause: 'hosts', path: ['spec', 'hosts'] }),
  ...nothing,
});

/** Where the network keeps a workload in the cluster, an egress gateway may still carry its data out. */
function throughGateways(facts: Facts, workload: Workload): readonly WayOut[] {
  const egress = egressFacts(facts);
  const [gateway] = facts.mesh.workloads.filter(
    (each) => each.gateway?.kind === 'egress' && egress.controlOf(each).state !== 'restricted',
  );
  if (!gateway || workload === gateway || workload.dataPlane.kind === 'none') return [];
  const entries = openEntriesOf(facts, gateway, null).filter(({ entry }) => isVisible(facts.mesh, entry, workload));
  return entries.map(({ entry, why }) => ({
    kind: 'egress-gateway',
    technique: 'T1090',
    why: `through egress gateway ${gateway.id}: ${why}`,
    by: byOf(entry, { clause: 'hosts', path: ['spec', 'hosts'] }),
    assumes: [
      `its network policies let it reach ${gateway.id}`,
      `${gateway.id} has a route for the hosts of ServiceEntry ${entry.namespace}/${entry.name}`,
    ],
    requires: [],
  }));
}

interface OpenEntry {
  readonly entry: ServiceEntry;
  readonly why: string;
}

/** Hosts under which anybody can have a name or a store of their own. */
const SHARED =
  /(^|\.)(amazonaws\.com|cloudfront\.net|googleapis\.com|googleusercontent\.com|run\.app|appspot\.com|windows\.net|azurewebsites\.net|azureedge\.net|github\.com|githubusercontent\.com|github\.io|herokuapp\.com|workers\.dev|pages\.dev|vercel\.app|netlify\.app|ngrok\.io|slack\.com|dropbox\.com|pastebin\.com)$/;

const KNOWN = new WeakMap<Mesh, readonly OpenEntry[]>();

function openEntriesOf({ mesh }: Facts, workload: Workload, sidecar: Sidecar | null): readonly OpenEntry[] {
  let known = KNOWN.get(mesh);
  if (!known) {
    known = mesh.resources.of('ServiceEntry').flatMap((entry) => {
      const why = whyOpen(entry);
      return why ? [{ entry, why }] : [];
    });
    KNOWN.set(mesh, known);
  }
  return known.filter(({ entry }) => isVisible(mesh, entry, workload) && isImported(entry, workload, sidecar));
}

function whyOpen({ namespace, name, spec }: ServiceEntry): string | undefined {
  const { hosts = [], location = 'MESH_EXTERNAL', resolution = 'NONE', addresses = [] } = spec;
  if (location !== 'MESH_EXTERNAL') return undefined;
  const who = `ServiceEntry ${namespace}/${name}`;
  // Without addresses of its own the proxy sends to whatever address the client dialled, as long as Host or SNI fit.
  if (resolution === 'NONE' && addresses.length === 0)
    return `${who} (${hosts.join(', ')}) has resolution NONE: any address will do as long as the name sent is one of these`;
  const shared = hosts.find((host) => host === '*' || /^\*\.[^.]+$/.test(host) || SHARED.test(host));
  return shared && `${who} admits ${shared}, where anybody can have a place of their own`;
}

function isVisible(mesh: Mesh, { namespace, spec }: ServiceEntry, workload: Workload): boolean {
  const config = mesh.clusterByName.get(workload.cluster)?.config ?? mesh.config;
  return isExported(spec.exportTo, config.defaultExportTo.value.service, namespace, workload.namespace);
}

/** What a Sidecar leaves out, the proxy does not know. Source: reference §7. */
function isImported({ namespace, spec }: ServiceEntry, workload: Workload, sidecar: Sidecar | null): boolean {
  const listed = sidecar?.spec.egress?.flatMap(({ hosts = [] }) => hosts);
  if (!listed || listed.length === 0) return true;
  return listed.some((written) => {
    const { namespace: wanted = '*', host } = parseServerHost(written);
    const home = wanted === '.' ? workload.namespace : wanted;
    if (home !== '*' && home !== namespace) return false;
    return (spec.hosts ?? []).some((each) => covers(host, each.toLowerCase()) || covers(each.toLowerCase(), host));
  });
}
