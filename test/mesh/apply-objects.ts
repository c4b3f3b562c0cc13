import { pluralOf } from '../../src/collect/live/asks.ts';
import type { ApiServer } from '../live/api-server.ts';
import type { Value } from '../live/fake-api-server.ts';
import type { Processes } from '../live/keep-processes.ts';

const metadataOf = ({ metadata }: Value): Readonly<Record<string, unknown>> => metadata as Record<string, unknown>;

/** Where an object is; its namespace says that its kind has one. */
export function pathOf(object: Value): string {
  const version = String(object.apiVersion);
  const { name, namespace } = metadataOf(object);
  const place = namespace === undefined ? '' : `/namespaces/${String(namespace)}`;
  const api = version.includes('/') ? `/apis/${version}` : `/api/${version}`;
  return `${api}${place}/${pluralOf(String(object.kind))}/${String(name)}`;
}

/** Puts objects into the cluster in their order, pods with their status. */
export async function applyObjects(server: ApiServer, processes: Processes, objects: readonly Value[]): Promise<void> {
  for (const object of objects) {
    const { status: state, ...stated } = object;
    const path = pathOf(object);
    // A definition takes a moment until its objects can be made.
    await processes.until(`${path} is applied`, 20, async () => {
      const { status, text } = await server.call('APPLY', `${path}?fieldManager=test&force=true`, stated);
      if (status === 404) return undefined;
      if (status >= 300) throw new Error(`${status} ${text}`);
      return true;
    });
    if (object.kind === 'Pod' && state !== undefined) {
      const { status, text } = await server.call('PATCH', `${path}/status`, { status: state });
      if (status !== 200) throw new Error(`${path}/status: ${status} ${text}`);
    }
  }
}

/** Takes objects out of the cluster. */
export async function deleteObjects(server: ApiServer, objects: readonly Value[]): Promise<void> {
  for (const object of objects) {
    const { status, text } = await server.call('DELETE', pathOf(object));
    if (status >= 300 && status !== 404) throw new Error(`DELETE ${pathOf(object)}: ${status} ${text}`);
  }
}
