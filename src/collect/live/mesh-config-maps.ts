import { configMap } from '../../model/k8s/config-map.ts';
import { isObject } from '../../model/shape.ts';
import type { ListRead } from '../bundle/manifest.ts';
import { pruneObject } from '../redact/prune-object.ts';
import { ApiError, type ApiClient } from './api-client.ts';
import { ForbiddenError, listKind } from './list-kind.ts';
import type { ObjectStore } from './object-store.ts';
import { isAllowed } from './permissions.ts';

const USUAL_NAMESPACE = 'istio-system';
/** Asked for by name where ConfigMaps may not be listed. */
const USUAL_NAMES = ['istio', 'istio-sidecar-injector'];
const LIST = { group: '', version: 'v1', resource: 'configmaps' };

/** Namespaces in which istiod runs; `istio-system` in any case, since istiod may be out of sight. */
export async function findSystemNamespaces(
  deployments: readonly ListRead[],
  store: ObjectStore,
): Promise<readonly string[]> {
  const found = new Set([USUAL_NAMESPACE]);
  for (const list of deployments) {
    for (const { metadata } of await store.read(list)) {
      if (!isObject(metadata)) continue;
      const { name, namespace, labels } = metadata;
      const isIstiod = (isObject(labels) && labels.app === 'istiod') || /^istiod(-|$)/.test(String(name));
      if (isIstiod && typeof namespace === 'string') found.add(namespace);
    }
  }
  return [...found].sort();
}

/**
 * The ConfigMaps of istiod and its injector, each by name: of all others only the metadata is asked for, in these namespaces alone, since
 * ConfigMaps may hold anything.
 */
export async function readMeshConfigMaps(client: ApiClient, namespace: string, store: ObjectStore): Promise<ListRead> {
  const list = { ...LIST, namespace };
  const known = store.find(list);
  if (known) return known;
  const { names, resourceVersion } = await namesIn(client, namespace);
  const sink = await store.open(list);
  for (const name of names) {
    const value = await getOne(client, namespace, name);
    if (value) await sink.add([pruneObject(value, 'v1', configMap)]);
  }
  const read: ListRead = {
    group: LIST.group,
    resource: LIST.resource,
    namespace,
    version: LIST.version,
    kind: 'ConfigMap',
    ...(await sink.close()),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
  await store.done(read);
  return read;
}

async function namesIn(
  client: ApiClient,
  namespace: string,
): Promise<{ readonly names: readonly string[]; readonly resourceVersion?: string }> {
  let names: string[] = [];
  try {
    const { resourceVersion } = await listKind(
      client,
      { ...LIST, namespace, metadataOnly: true },
      {
        add(items) {
          for (const { metadata } of items) {
            const name = isObject(metadata) ? String(metadata.name) : '';
            if (configMap.wanted?.({ name, labels: {} })) names.push(name);
          }
        },
        restart() {
          names = [];
        },
      },
    );
    return { names, resourceVersion };
  } catch (error) {
    if (!(error instanceof ForbiddenError)) throw error;
    // By name alone it may be allowed; without any such right the list's refusal stands.
    const name = USUAL_NAMES[0];
    const may = await isAllowed(client, { verb: 'get', group: '', resource: 'configmaps', namespace, name });
    if (may !== true) throw error;
    return { names: USUAL_NAMES };
  }
}

/** Undefined where it does not exist. */
async function getOne(
  client: ApiClient,
  namespace: string,
  name: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    return await client.get(
      `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps/${encodeURIComponent(name)}`,
    );
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    if (error instanceof ApiError && error.status === 403) throw new ForbiddenError(error.message);
    throw error;
  }
}
