import type { RegistryEntry } from '../gateway/registry.ts';
import { compare } from '../gateway/age.ts';
import { isEntryService } from './entry-service.ts';

/** What a sidecar knows of the services that it imports. */
export interface KnownServices {
  /** In the order in which they count where two claim the same address. */
  readonly entries: readonly RegistryEntry[];
  /** Those that make the proxy listen although it has no cluster for them: an older one has the host. */
  readonly unserved: ReadonlySet<RegistryEntry>;
}

/**
 * Of several services with one host those of a single namespace count: the client's, else that of a Kubernetes Service, else the first. Within it
 * the first has the host, with the ports that others like it add.
 *
 * Source: istio pilot/pkg/model/sidecar.go (selectServices, appendSidecarServices, canMergeServices).
 */
export function knownServices(imported: readonly RegistryEntry[], namespace: string): KnownServices {
  const byHost = new Map<string, RegistryEntry[]>();
  for (const entry of imported.toSorted(inOrder)) {
    const same = byHost.get(entry.host);
    if (same) same.push(entry);
    else byHost.set(entry.host, [entry]);
  }
  const chosen = new Set<RegistryEntry>();
  const unserved = new Set<RegistryEntry>();
  for (const same of byHost.values()) {
    const of = ownerOf(same, namespace);
    const inNamespace = same.filter((entry) => entry.namespace === of);
    const first = inNamespace.find((entry) => !isEntry(entry)) ?? inNamespace[0];
    for (const entry of inNamespace) {
      chosen.add(entry);
      if (entry !== first && first && !canMerge(first, entry)) unserved.add(entry);
    }
  }
  return { entries: imported.toSorted(inOrder).filter((entry) => chosen.has(entry)), unserved };
}

function ownerOf(same: readonly RegistryEntry[], namespace: string): string | undefined {
  const own = same.find((entry) => entry.namespace === namespace);
  return (own ?? same.find((entry) => !isEntry(entry)) ?? same[0])?.namespace;
}

const isEntry = ({ service }: RegistryEntry): boolean => isEntryService(service);

function canMerge(a: RegistryEntry, b: RegistryEntry): boolean {
  return (
    isEntryService(a.service) &&
    isEntryService(b.service) &&
    a.service.resolution === b.service.resolution &&
    sameExport(a, b) &&
    JSON.stringify(a.service.labels) === JSON.stringify(b.service.labels)
  );
}

const sameExport = (a: RegistryEntry, b: RegistryEntry): boolean =>
  a.exportTo.toSorted().join() === b.exportTo.toSorted().join();

/**
 * Those that are not for everybody come first; then by age, name and namespace. The name of a ServiceEntry's service is its host.
 *
 * Source: istio pilot/pkg/model/push_context.go (servicesExportedToNamespace, SortServicesByCreationTime).
 */
function inOrder(a: RegistryEntry, b: RegistryEntry): number {
  return (
    Number(isPublic(a)) - Number(isPublic(b)) ||
    compare(timeOf(a), timeOf(b)) ||
    compare(serviceNameOf(a), serviceNameOf(b)) ||
    compare(a.namespace, b.namespace)
  );
}

const isPublic = ({ exportTo }: RegistryEntry): boolean => exportTo.includes('*');
const timeOf = ({ service }: RegistryEntry): string => service.resource.creationTimestamp ?? '~';
const serviceNameOf = (entry: RegistryEntry): string => (isEntry(entry) ? entry.host : entry.service.name);
