import { decodeObjects } from '../model/decode.ts';
import type { Origin, Resource } from '../model/resource.ts';
import type { Manifest } from '../model/change/manifest.ts';

const NOWHERE: Origin = { source: '<proposed>', line: 1, locate: () => ({ file: '<proposed>', line: 1, column: 1 }) };

/** A proposed manifest as the model reads it, to ask what it would do. Throws if the API server would refuse it. */
export function proposedResource(manifest: Manifest, cluster: string): Resource {
  const { resources } = decodeObjects([{ value: manifest, origin: NOWHERE, cluster }]);
  const kind = manifest.kind as Parameters<typeof resources.of>[0];
  const [resource] = resources.of(kind);
  if (!resource) throw new TypeError(`${manifest.kind} ${manifest.metadata.name} cannot be read`);
  return resource;
}

/** An object of the input as a manifest, with another `spec`. */
export function manifestOf(resource: Resource, spec: unknown = resource.spec): Manifest {
  const { apiVersion, kind, name, namespace, labels, annotations } = resource;
  const metadata = {
    name,
    ...(namespace ? { namespace } : {}),
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
  };
  return { apiVersion, kind, metadata, spec };
}
