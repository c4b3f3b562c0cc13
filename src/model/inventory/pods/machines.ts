import { byOf } from '../../by.ts';
import type { WorkloadEntry, WorkloadEntrySpec } from '../../istio/workload-entry.ts';
import type { WorkloadGroup } from '../../istio/workload-group.ts';
import type { MeshConfig } from '../../mesh-config.ts';
import type { Resources } from '../../resources.ts';
import { CAPTURES_NOTHING, captureOfSidecar, LISTENS_ITSELF } from '../capture.ts';
import { NO_VALUES } from '../data-plane/injector-settings.ts';
import { GATEWAY_NAME } from '../gateways/role.ts';
import type { DeclaredPort, Member } from '../member.ts';
import { type DataPlane, namespaceKey, workloadId } from '../types.ts';
import type { PodSet } from './pod-set.ts';

const GROUP = 'istio.io/autoRegistrationGroup';
const TLS_MODE = 'security.istio.io/tlsMode';

/**
 * Machines outside Kubernetes: each WorkloadGroup, and each WorkloadEntry that no group of the input registered. Labels of the entry's
 * metadata come before those of its spec (istio pilot/pkg/serviceregistry/serviceentry/conversion.go, ConvertWorkloadEntry).
 */
export function findMachines(resources: Resources, configOf: (cluster: string) => MeshConfig): readonly Member[] {
  const entriesOfGroup = new Map<string, WorkloadEntry[]>();
  const alone: WorkloadEntry[] = [];
  for (const entry of resources.of('WorkloadEntry')) {
    const group = entry.annotations[GROUP];
    const known = group !== undefined && resources.find('WorkloadGroup', entry.namespace, group, entry.cluster);
    if (!known) alone.push(entry);
    else {
      const key = `${namespaceKey(entry.cluster, entry.namespace)}/${group}`;
      entriesOfGroup.set(key, [...(entriesOfGroup.get(key) ?? []), entry]);
    }
  }
  return [
    ...resources
      .of('WorkloadGroup')
      .map((group) =>
        ofGroup(
          group,
          entriesOfGroup.get(`${namespaceKey(group.cluster, group.namespace)}/${group.name}`) ?? [],
          configOf(group.cluster),
        ),
      ),
    ...alone.map((entry) => ofEntry(entry, configOf(entry.cluster))),
  ];
}

function ofGroup(group: WorkloadGroup, entries: readonly WorkloadEntry[], config: MeshConfig): Member {
  const { metadata, template = {} } = group.spec;
  const labels = { ...template.labels, ...metadata?.labels };
  const set: PodSet = { ...common(group), labels, annotations: metadata?.annotations ?? {}, templatePath: ['spec'] };
  const why = 'a WorkloadGroup registers machines that run the proxy';
  return member(
    set,
    template,
    sidecar(set, config, why, ['the machines of the group run the proxy']),
    [...new Set(entries.flatMap(({ spec }) => addressOf(spec)))].sort(),
  );
}

function ofEntry(entry: WorkloadEntry, config: MeshConfig): Member {
  const labels = { ...entry.spec.labels, ...entry.labels };
  const set: PodSet = { ...common(entry), labels, annotations: entry.annotations };
  return member(set, entry.spec, entryDataPlane(entry, set, config), addressOf(entry.spec));
}

/** An entry is an address: it shows no proxy unless something says that one registered it or takes mTLS. */
function entryDataPlane(entry: WorkloadEntry, set: PodSet, config: MeshConfig): DataPlane {
  const by = byOf(entry);
  if (entry.annotations[GROUP] !== undefined) {
    return sidecar(set, config, `its proxy registered it (annotation \`${GROUP}\`)`, []);
  }
  if (set.labels[TLS_MODE] === 'istio')
    return sidecar(set, config, `its label \`${TLS_MODE}: istio\` says it takes mTLS`, []);
  const revision = 'default';
  if (set.labels[GATEWAY_NAME] !== undefined) {
    const why = `it is an address of Gateway \`${set.labels[GATEWAY_NAME]}\``;
    return { kind: 'gateway', status: 'INFERRED', why, by, assumes: [], revision, capture: LISTENS_ITSELF };
  }
  const why = 'a WorkloadEntry is only an address: a dump of its proxy would tell whether it has one';
  return { kind: 'none', status: 'UNKNOWN', why, by, assumes: [], revision, capture: CAPTURES_NOTHING };
}

function sidecar(set: PodSet, config: MeshConfig, why: string, assumes: readonly string[]): DataPlane {
  const capture = captureOfSidecar(set, NO_VALUES, config);
  const revision = set.labels['istio.io/rev'] ?? 'default';
  return { kind: 'sidecar', status: 'INFERRED', why, by: byOf(set.resource), assumes, revision, capture };
}

const common = (resource: WorkloadEntry | WorkloadGroup) => ({
  cluster: resource.cluster,
  namespace: resource.namespace,
  name: resource.name,
  kind: resource.kind,
  resource,
  templatePath: [],
  spec: {},
  pods: [],
});

function member(set: PodSet, spec: WorkloadEntrySpec, dataPlane: DataPlane, addresses: readonly string[]): Member {
  return {
    ...set,
    id: workloadId(set.cluster, set.namespace, set.name),
    decision: { dataPlane },
    serviceAccount: spec.serviceAccount || 'default',
    addresses,
    declared: declared(spec),
  };
}

function declared({ ports = {} }: WorkloadEntrySpec): readonly DeclaredPort[] {
  return Object.entries(ports).map(([name, port]) => ({ port, name, transport: 'TCP', probed: false }));
}

/** Unix sockets are no place on the network. */
const addressOf = ({ address }: WorkloadEntrySpec): readonly string[] =>
  address && !address.startsWith('unix:') ? [address] : [];
