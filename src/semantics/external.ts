import type { Workload } from '../model/inventory/types.ts';
import type { Request } from '../result/request.ts';
import { parseAddress } from '../util/cidr.ts';
import type { Enforcement } from './enforcement.ts';
import { covers } from './gateway/host-name.ts';
import { podOf, verdictOf } from './network.ts';
import { decideEgress } from './network-policy/decide.ts';
import type { Land, Landing } from './outbound/landing.ts';
import { type EntryService, entryServices, workloadAt } from './outbound/entry-service.ts';
import { decideFromSidecar, type Sent } from './outbound/from-sidecar.ts';
import { leaveMesh } from './outbound/leave.ts';
import { addressesOf } from './outbound/service-address.ts';
import { decideToEntry } from './outbound/to-entry.ts';
import type { Destination, Source } from './query.ts';
import { type Unresolved, targetPort } from './resolve-request.ts';

/**
 * A request to an address, or to a name, outside the mesh, as a workload sends it: through its own proxy as that is configured, or as an attacker
 * likes. An address that a pod or a service of the mesh has is that pod or service.
 *
 * Reference §7.
 */
export function decideExternal(
  enforcement: Enforcement,
  request: Request,
  sent: Sent,
  land: Land,
): readonly Landing[] | Unresolved {
  const { to } = request;
  const { source, transport } = sent;
  if (source.position.kind !== 'workload')
    return { error: 'only a workload sends to an address outside', help: 'give `from` a workload' };
  const sender = source.position.workload;
  const written = to.external ?? '';
  const host = parseAddress(written) ? undefined : written.toLowerCase();
  const ip = host === undefined ? written : to.ip;
  if (to.at === 'network-policy') {
    const peer = { kind: 'external', ...(ip === undefined ? {} : { ip }) } as const;
    return [{ verdict: verdictOf(decideEgress(enforcement.network, podOf(sender), peer, to.port, transport)) }];
  }
  if (to.at !== undefined)
    return {
      error: `\`at: ${to.at}\` is no point on the way out of the mesh`,
      help: 'leave it out, or ask network-policy',
    };
  const place = { label: `${written}:${to.port}`, port: to.port, ...(ip === undefined ? {} : { address: ip }) };
  const known = ip === undefined ? [] : placesAt(enforcement, sender, ip, to.port);
  const direct = (from: Source): readonly Landing[] =>
    known.length > 0
      ? known.map((destination) => land({ ...sent, source: from, destination }))
      : [{ verdict: leaveMesh(enforcement, sender, place, transport) }];
  const throughProxy = sent.client === 'app' && source.connects === undefined;
  if (throughProxy && sender.dataPlane.kind === 'sidecar') {
    const sni = sent.sni ?? (sent.http ? undefined : host);
    const pod = ip === undefined ? undefined : workloadAt(enforcement.mesh, sender.cluster, ip);
    const asked = {
      port: to.port,
      ...(ip === undefined ? {} : { ip }),
      ...(pod ? { pod } : {}),
      ...(sent.http ? { http: sent.http } : {}),
      ...(sni === undefined ? {} : { sni }),
    };
    const decided = decideFromSidecar(enforcement, { sent, client: sender, asked, direct, land });
    return decided.length > 0 ? decided : direct(source);
  }
  const entry =
    throughProxy && sender.dataPlane.kind === 'ambient' ? findEntry(enforcement, written, to.port) : undefined;
  const port = entry?.ports.find((candidate) => candidate.port === to.port);
  const decided =
    entry && port ? decideToEntry(enforcement, sent, { entry, port, ...(ip === undefined ? {} : { ip }) }, land) : [];
  return decided.length > 0 ? decided : direct(source);
}

/** Where an address leads inside the cluster: the pods of the service whose address it is, or a pod. */
function placesAt({ mesh }: Enforcement, { cluster }: Workload, ip: string, port: number): readonly Destination[] {
  for (const service of mesh.services) {
    if (service.cluster !== cluster || !addressesOf(service).includes(ip)) continue;
    const found = service.ports.find((candidate) => candidate.port === port);
    return service.workloads.flatMap((id): readonly Destination[] => {
      const workload = mesh.workloadById.get(id);
      const target = workload && found && targetPort(workload, service, found);
      return workload && found && target !== undefined
        ? [{ workload, port: target, via: { service, port: found }, ip }]
        : [];
    });
  }
  const workload = workloadAt(mesh, cluster, ip);
  return workload ? [{ workload, port, ip }] : [];
}

/** The ServiceEntry that ztunnel takes an address, or a name that its DNS answers, for; the first of the input. */
function findEntry({ mesh }: Enforcement, written: string, port: number): EntryService | undefined {
  const name = written.toLowerCase();
  const isMeant = ({ hosts, vips, ports }: EntryService): boolean =>
    ports.some((candidate) => candidate.port === port) &&
    (vips.includes(written) || hosts.some((host) => covers(host, name)));
  return entryServices(mesh).all.find(isMeant);
}
