import { type CollectIo, collect, type InputSpec } from '../collect/collect.ts';
import type { ConfigFile } from '../collect/config-file.ts';
import type { Mesh } from '../model/inventory/types.ts';
import type { Config } from '../result/config.ts';
import type { Diagnostic } from '../result/diagnostic.ts';
import { loadMesh } from './load-mesh.ts';
import type { Provenance } from './result/input.ts';

export interface InputOptions {
  /** Instead of the `meshproof.yaml` beside the input. */
  readonly config?: ConfigFile;
  readonly defaultNamespace?: string;
}

export interface Input {
  readonly mesh: Mesh;
  readonly stated: Partial<Config>;
  readonly provenance: Provenance;
  readonly diagnostics: readonly Diagnostic[];
}

/** Bytes to the model. What was parsed is let go of here: the model holds all that is needed. */
export async function readInput(inputs: readonly InputSpec[], options: InputOptions, io: CollectIo): Promise<Input> {
  const { objects, sources, skippedKinds, diagnostics, configFile } = await collect(inputs, io);
  const file = options.config ?? configFile;
  const user = file ? (await import('./read-config.ts')).readConfig(file) : undefined;
  const { defaultNamespace } = options;
  const loaded = loadMesh(objects, { ...user?.facts, ...(defaultNamespace === undefined ? {} : { defaultNamespace }) });
  return {
    mesh: loaded.mesh,
    stated: user?.config ?? {},
    provenance: { sources, skippedKinds },
    diagnostics: [...diagnostics, ...loaded.diagnostics],
  };
}
