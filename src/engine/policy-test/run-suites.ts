import { collect, type CollectIo, inlineObject } from '../../collect/collect.ts';
import { readSuites, type SuiteDocument } from '../../collect/policy-tests.ts';
import type { Stated } from '../../graph/make-facts.ts';
import type { RawObject } from '../../model/resource.ts';
import type { Diagnostic } from '../../result/diagnostic.ts';
import { type LoadedMesh, loadMesh } from '../load-mesh.ts';
import { readConfig } from '../read-config.ts';
import { readPolicyTest, runPolicyTest, type SuiteResult } from './run.ts';
import type { PolicyTest } from './schema.ts';

export interface SuitesResult extends SuiteResult {
  readonly diagnostics: readonly Diagnostic[];
}

/** Runs suites; each document has a mesh of its own. Documents that name the same files share it. */
export async function runSuites(names: readonly string[], io: CollectIo): Promise<SuitesResult> {
  const { documents, diagnostics } = await readSuites(names, io);
  const log: Diagnostic[] = [...diagnostics];
  const meshes = new Map<string, Loaded>();
  const results: SuiteResult[] = [];
  for (const document of documents) {
    const read = readPolicyTest(document.value);
    if ('problems' in read) {
      for (const message of read.problems)
        log.push({
          severity: 'error',
          file: document.file,
          line: document.line,
          message,
          help: 'see docs/policy-tests.md',
        });
      results.push({ cases: [], invariants: [], passed: 0, failed: 1 });
      continue;
    }
    const { test } = read;
    const { mesh, stated, diagnostics: found } = await meshOf(test.resources ?? [], document, io, meshes);
    log.push(...found.filter(({ severity }) => severity === 'error'));
    results.push(runPolicyTest(test, test.metadata?.name ?? document.file, mesh, stated));
  }
  return {
    cases: results.flatMap(({ cases }) => cases),
    invariants: results.flatMap(({ invariants }) => invariants),
    passed: sum(results.map(({ passed }) => passed)),
    failed: sum(results.map(({ failed }) => failed)),
    diagnostics: log,
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0);

interface Loaded extends LoadedMesh {
  readonly stated: Stated;
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
  if (paths.length === 0) return { ...loadMesh(inline), stated: {} };
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
  const loaded = { ...loadMesh(objects, config?.facts), stated: config?.config ?? {} };
  if (key !== undefined) meshes.set(key, loaded);
  return loaded;
}
