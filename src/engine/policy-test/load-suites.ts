import { collect, type CollectIo, inlineObject } from '../../collect/collect.ts';
import type { SuiteDocument } from '../../collect/policy-tests.ts';
import type { Stated } from '../../graph/make-facts.ts';
import type { RawObject } from '../../model/resource.ts';
import type { Diagnostic } from '../../result/diagnostic.ts';
import { type LoadedMesh, loadMesh } from '../load-mesh.ts';
import { readConfig } from '../read-config.ts';
import { readPolicyTest } from './run.ts';
import type { PolicyTest } from './schema.ts';

/** A document of a suite with the mesh that it is about. */
export interface LoadedSuite {
  readonly test: PolicyTest;
  readonly name: string;
  readonly loaded: Loaded;
}

export interface LoadedSuites {
  readonly suites: readonly LoadedSuite[];
  /** Documents that are no valid PolicyTest. */
  readonly unusable: number;
  readonly diagnostics: readonly Diagnostic[];
}

/** Checks documents and reads their meshes; documents that name the same files share one. */
export async function loadSuites(documents: readonly SuiteDocument[], io: CollectIo): Promise<LoadedSuites> {
  const diagnostics: Diagnostic[] = [];
  const meshes = new Map<string, Loaded>();
  const suites: LoadedSuite[] = [];
  let unusable = 0;
  for (const document of documents) {
    const { file, line } = document;
    const read = readPolicyTest(document.value);
    if ('problems' in read) {
      unusable++;
      const help = 'see docs/policy-tests.md';
      for (const message of read.problems) diagnostics.push({ severity: 'error', file, line, message, help });
      continue;
    }
    const { test } = read;
    const loaded = await meshOf(test.resources ?? [], document, io, meshes);
    diagnostics.push(...loaded.diagnostics.filter(({ severity }) => severity === 'error'));
    suites.push({ test, name: test.metadata?.name ?? file, loaded });
  }
  return { suites, unusable, diagnostics };
}

export interface Loaded extends LoadedMesh {
  readonly stated: Stated;
  /** What the names of its files are relative to. */
  readonly folder: string;
}

type Entry = NonNullable<PolicyTest['resources']>[number];

/** A file or folder, or an object, and the cluster that it is of. */
type Place =
  | { readonly cluster: string; readonly path: string }
  | { readonly cluster: string; readonly object: RawObject['value'] };

/** `{ cluster, resources }` names the cluster of what it holds, as `--cluster` does; the rest is of the only one. */
function placesOf(entries: readonly Entry[], cluster = ''): readonly Place[] {
  return entries.flatMap((entry): readonly Place[] => {
    if (typeof entry === 'string') return [{ cluster, path: entry }];
    const { cluster: name, resources } = entry;
    if (typeof name === 'string' && Array.isArray(resources) && !('kind' in entry)) return placesOf(resources, name);
    return [{ cluster, object: entry }];
  });
}

async function meshOf(
  resources: readonly Entry[],
  document: SuiteDocument,
  io: CollectIo,
  meshes: Map<string, Loaded>,
): Promise<Loaded> {
  const places = placesOf(resources);
  const paths = places.flatMap((place) => ('path' in place ? [place] : []));
  const inline = places.flatMap((place) =>
    'object' in place ? [inlineObject(place.object, document.file, document.line, place.cluster)] : [],
  );
  if (paths.length === 0) return { ...loadMesh(inline), stated: {}, folder: document.folder };
  const key =
    inline.length === 0
      ? [document.folder, ...paths.map(({ cluster, path }) => `${cluster}=${path}`)].join('\n')
      : undefined;
  const known = key === undefined ? undefined : meshes.get(key);
  if (known) return known;
  const collected = await collect(
    paths.map(({ cluster, path }) => ({ path, ...(cluster ? { cluster } : {}) })),
    { ...io, cwd: document.folder },
  );
  const config = collected.configFile ? readConfig(collected.configFile) : undefined;
  const objects: RawObject[] = [...collected.objects, ...inline];
  const loaded = { ...loadMesh(objects, config?.facts), stated: config?.config ?? {}, folder: document.folder };
  if (key !== undefined) meshes.set(key, loaded);
  return loaded;
}
