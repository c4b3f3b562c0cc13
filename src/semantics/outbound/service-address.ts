import type { MeshService } from '../../model/inventory/types.ts';
import type { Service } from '../../model/k8s/service.ts';
import type { Resource } from '../../model/resource.ts';
import { parseAddress } from '../../util/cidr.ts';
import { isEntryService } from './entry-service.ts';

/** Virtual addresses of a service, as far as the input shows them: without a live cluster, Services often have none. */
export function addressesOf(service: MeshService): readonly string[] {
  if (isEntryService(service)) return service.vips;
  if (!isService(service.resource)) return [];
  const { clusterIP, clusterIPs } = service.resource.spec;
  const all = clusterIPs?.length ? clusterIPs : clusterIP === undefined ? [] : [clusterIP];
  return all.filter((address) => address !== '' && address !== 'None');
}

/** The one that a client connects to, where there is no choice. */
export function addressOf(service: MeshService): string | undefined {
  const [first] = addressesOf(service);
  return first !== undefined && parseAddress(first) ? first : undefined;
}

const isService = (resource: Resource): resource is Service => resource.kind === 'Service';
