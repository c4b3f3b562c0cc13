import type { Location } from '../result/location.ts';
import type { AuditResult } from '../result/types.ts';
import { count, number, place } from './wording.ts';

/** What was audited: mesh, Istio version and by what, namespaces, workloads by data plane. Each item is a phrase. */
export function headline(result: AuditResult): string[] {
  const { istioVersion } = result.input;
  const { clusters } = result.inventory;
  return [
    meshName(result.input.sources),
    istioVersion ? `Istio ${istioVersion.value} (${istioVersion.by})` : 'Istio version unknown',
    ...(clusters.length > 1 ? [count(clusters.length, 'cluster')] : []),
    count(namespacesOf(result).length, 'namespace'),
    workloadsByDataPlane(result),
    ...narrowedEntries(result),
  ];
}

const DEFAULT_ENTRIES = ['internet', 'pod-outside-mesh'];

/** Attackers that the configuration leaves out are said to be. */
function narrowedEntries({ attack }: AuditResult): string[] {
  const left = DEFAULT_ENTRIES.filter((entry) => attack && !attack.entries.includes(entry));
  return left.length > 0 ? [`attackers from ${left.join(' and ')} left out by the configuration`] : [];
}

type Sources = AuditResult['input']['sources'];

/** The name of the input: its folder where there are several files, else the file without its ending. */
export function meshName(sources: Sources): string {
  const [first, ...others] = sources;
  if (!first) return 'no input';
  if (others.length === 0) {
    const file = first.name.split('/').at(-1) ?? '';
    return file.replace(/(\.tar\.gz|\.[a-z]+)$/i, '') || 'input';
  }
  const folder = inputFolder(sources).split('/').at(-2) ?? '';
  return /^(\.\.?|)$/.test(folder) ? `${number(sources.length)} inputs` : folder;
}

/** The folder that all sources are in, as the user named it and with a slash at its end; empty if there is none. */
export function inputFolder(sources: Sources): string {
  const [first, ...others] = sources.map(({ name }) => name.split('/').slice(0, -1));
  let shared = first ?? [];
  for (const other of others) {
    const differs = shared.findIndex((part, index) => part !== other[index]);
    if (differs >= 0) shared = shared.slice(0, differs);
  }
  return shared.map((part) => `${part}/`).join('');
}

/** `file:line` without the folder, for tables that name it once. */
export function placeInFolder(folder: string): (location: Location) => string {
  return (location) => {
    const text = place(location);
    return text.startsWith(folder) ? text.slice(folder.length) : text;
  };
}

/** Sorted; those that the input defines and those that workloads are in. */
export function namespacesOf(result: AuditResult): string[] {
  const { input, inventory } = result;
  return [
    ...new Set([
      ...input.scope.namespaces,
      ...inventory.workloads.map(({ cluster, namespace }) => `${cluster ? `${cluster}:` : ''}${namespace}`),
    ]),
  ].sort();
}

function workloadsByDataPlane({ inventory: { workloads } }: AuditResult): string {
  const counts = { sidecar: 0, ambient: 0, gateway: 0, none: 0, unknown: 0 };
  for (const { dataPlane } of workloads) counts[dataPlane.status === 'UNKNOWN' ? 'unknown' : dataPlane.kind] += 1;
  const parts = [
    counts.sidecar && `${number(counts.sidecar)} sidecar`,
    counts.ambient && `${number(counts.ambient)} ambient`,
    counts.gateway && count(counts.gateway, 'gateway'),
    counts.none && `${number(counts.none)} outside the mesh`,
    counts.unknown && `${number(counts.unknown)} with an unknown data plane`,
  ].filter(Boolean);
  return parts.length === 0 ? 'no workloads' : `${count(workloads.length, 'workload')}: ${parts.join(', ')}`;
}
