import type { Observation } from '../model/observation/observation.ts';
import type { Origin, Path, RawObject } from '../model/resource.ts';
import type { ClusterLocation } from '../result/location.ts';
import type { ClusterManifest } from './bundle/manifest.ts';

export type RawValue = RawObject['value'];

/** What was read from one cluster, at once or out of a bundle. */
export interface ClusterSnapshot {
  readonly manifest: ClusterManifest;
  /** In the order of `manifest.read`. */
  readonly objects: readonly RawValue[];
  /** Dumps of its proxies, where they were asked for; `file` is the pod (`namespace/name`). */
  readonly observations?: readonly Observation[];
}

/** An object of a cluster. A class since there is one per object. */
class ClusterOrigin implements Origin {
  readonly source: string;
  readonly line = 0;
  readonly #resourceVersion: string;

  constructor(cluster: string, resourceVersion: string) {
    this.source = cluster;
    this.#resourceVersion = resourceVersion;
  }

  locate(_path: Path): ClusterLocation {
    return { cluster: this.source, resourceVersion: this.#resourceVersion };
  }
}

/** The objects of a snapshot as the model takes them; `cluster` is empty where the mesh has but one. */
export function objectsOf({ manifest, objects }: ClusterSnapshot, cluster: string): readonly RawObject[] {
  return objects.map((value) => {
    const { resourceVersion = '' } = value.metadata as { readonly resourceVersion?: string };
    return { value, cluster, origin: new ClusterOrigin(manifest.name, resourceVersion) };
  });
}
