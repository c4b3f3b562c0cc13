import { isObject } from '../../model/shape.ts';
import type { ListRead } from '../bundle/manifest.ts';
import { pruneObject, pruneToMetadata } from '../redact/prune-object.ts';
import type { RawValue } from '../snapshot.ts';
import type { ApiClient } from './api-client.ts';
import type { Served } from './discover.ts';
import { listKind } from './list-kind.ts';
import type { ObjectStore } from './object-store.ts';

/** One list to read. */
export interface ListJob extends Served {
  readonly namespace?: string;
}

/** The lists of a collection: of the whole cluster, or of some namespaces and of what belongs to none. */
export function jobsFor(served: readonly Served[], namespaces: readonly string[] | undefined): readonly ListJob[] {
  if (namespaces === undefined) return served;
  return served.flatMap((each): readonly ListJob[] => {
    if (each.namespaced) return namespaces.map((namespace) => ({ ...each, namespace }));
    if (each.group !== '' || each.kind !== 'Namespace') return [each];
    return namespaces.map((namespace) => ({ ...each, namespace, fieldSelector: `metadata.name=${namespace}` }));
  });
}

interface ReadOptions {
  readonly page?: number;
  readonly onPage: (objects: number) => void;
}

/** Reads one list into the store, each object cut down to what is needed as soon as it is there. */
export async function readList(
  client: ApiClient,
  job: ListJob,
  store: ObjectStore,
  { onPage, ...options }: ReadOptions,
): Promise<ListRead> {
  const { group, version, kind, resource, namespace, namespaced, definition } = job;
  const apiVersion = group === '' ? version : `${group}/${version}`;
  const sink = await store.open(job);
  let objects = 0;
  const end = await listKind(
    client,
    { ...job, namespace: namespaced ? namespace : undefined, metadataOnly: definition === undefined },
    {
      async add(items) {
        const kept = definition
          ? items.filter(isNeeded(kind)).map((item) => pruneObject(item, apiVersion, definition))
          : items.map((item) => pruneToMetadata(item, apiVersion, kind));
        await sink.add(kept);
        objects += kept.length;
        onPage(objects);
      },
      async restart() {
        objects = 0;
        await sink.restart();
      },
    },
    options,
  );
  const read: ListRead = {
    group,
    resource,
    ...(namespace === undefined ? {} : { namespace }),
    version,
    kind,
    ...(definition ? {} : { metadataOnly: true as const }),
    ...(await sink.close()),
    resourceVersion: end.resourceVersion,
    ...(end.isInconsistent ? { inconsistent: true as const } : {}),
  };
  await store.done(read);
  return read;
}

/** Deployments keep their old ReplicaSets, scaled to nothing, for going back. */
function isNeeded(kind: string): (item: RawValue) => boolean {
  if (kind !== 'ReplicaSet') return () => true;
  return ({ spec, metadata }) => {
    const replicas = isObject(spec) ? spec.replicas : undefined;
    const owners = isObject(metadata) && Array.isArray(metadata.ownerReferences) ? metadata.ownerReferences : [];
    return replicas !== 0 || !owners.some((owner) => isObject(owner) && owner.kind === 'Deployment');
  };
}
