import { type CollectIo, collect, type InputSpec, isNamed } from '../collect/collect.ts';
import type { ConfigFile } from '../collect/config-file.ts';
import type { Mesh } from '../model/inventory/types.ts';
import type { Observation } from '../model/observation/observation.ts';
import type { RawObject } from '../model/resource.ts';
import type { Config } from '../result/config.ts';
import type { Diagnostic } from '../result/diagnostic.ts';
import type { PrometheusAsk } from '../collect/telemetry/ask-prometheus.ts';
import { type LoadedMesh, loadMesh, type StatedFacts } from './load-mesh.ts';
import { overlayObjects } from './overlay-objects.ts';
import type { UserConfig } from './read-config.ts';
import type { Provenance } from './result/input.ts';
import { seenVersion, skewNotes } from './seen-versions.ts';

export interface InputOptions {
  /** Instead of the `meshproof.yaml` beside the input. */
  readonly config?: ConfigFile;
  readonly defaultNamespace?: string;
  /** What the input is applied to: its objects replace or add to those of the base. */
  readonly base?: readonly InputSpec[];
  /** Also delete what the base has and the input has not, of kinds and namespaces that the input has objects of. */
  readonly prune?: boolean;
  /** Asked for what it counted of the mesh. */
  readonly prometheus?: PrometheusAsk;
}

/** What was read, before the model is made of it. */
export interface RawInput {
  readonly objects: readonly RawObject[];
  readonly observations: readonly Observation[];
  readonly facts: StatedFacts;
  readonly stated: Partial<Config>;
  /** The configuration, where there is one: what it names is looked up once the mesh is made. */
  readonly user?: UserConfig;
  readonly provenance: Provenance;
  readonly diagnostics: readonly Diagnostic[];
}

export interface Input {
  readonly mesh: Mesh;
  /** What was seen of it running. */
  readonly observations: readonly Observation[];
  /** The mesh with other objects, as planned changes leave them. */
  readonly rebuild: LoadedMesh['rebuild'];
  readonly stated: StatedInput;
  readonly provenance: Provenance;
  readonly diagnostics: readonly Diagnostic[];
}

/** What the user says of the mesh, together with what was seen of it: what facts need besides the objects. */
export type StatedInput = Partial<Config> & { readonly observed?: readonly Observation[] };

/** Bytes to the model. What was parsed is let go of here: the model holds all that is needed. */
export async function readInput(inputs: readonly InputSpec[], options: InputOptions, io: CollectIo): Promise<Input> {
  const raw = await readRaw(inputs, options, io);
  const input = toMesh(raw);
  const { user } = raw;
  if (!user) return input;
  const { checkNames } = await import('./check-names.ts');
  const notes = [...input.diagnostics, ...checkNames(input.mesh, user)];
  if (user.said.entries.length === 0) return { ...input, diagnostics: notes };
  const { readTestimonies } = await import('./read-testimonies.ts');
  const { testimonies, diagnostics } = readTestimonies(input.mesh, user.said);
  const observations = [...input.observations, ...testimonies];
  return {
    ...input,
    observations,
    stated: { ...input.stated, observed: observations },
    diagnostics: [...notes, ...diagnostics],
  };
}

/** Bytes to objects, with the base under them where there is one. */
export async function readRaw(inputs: readonly InputSpec[], options: InputOptions, io: CollectIo): Promise<RawInput> {
  const { base = [], prune = false, defaultNamespace } = options;
  const naming = { namesClusters: [...base, ...inputs].some(isNamed) };
  const below = base.length > 0 ? await collect(base, io, naming) : undefined;
  const { objects, observations, sources, skippedKinds, diagnostics, configFile, complete } = await collect(
    inputs,
    io,
    naming,
  );
  const observed = complete ?? below?.complete;
  const asked = options.prometheus
    ? await (await import('../collect/telemetry/ask-prometheus.ts')).askPrometheus(options.prometheus)
    : undefined;
  const file = options.config ?? configFile ?? below?.configFile;
  const user = file ? (await import('./read-config.ts')).readConfig(file) : undefined;
  return {
    objects: below
      ? overlayObjects(below.objects, objects, { prune, defaultNamespace: defaultNamespace ?? 'default' })
      : objects,
    observations: [...(below?.observations ?? []), ...observations, ...(asked?.observations ?? [])],
    facts: {
      ...user?.facts,
      ...(observed === undefined
        ? {}
        : { complete: [...new Set([...(user?.facts.complete ?? []), ...observed])], isScopeObserved: true }),
      ...(defaultNamespace === undefined ? {} : { defaultNamespace }),
    },
    stated: user?.config ?? {},
    ...(user ? { user } : {}),
    provenance: { sources: [...(below?.sources ?? []), ...sources, ...(asked?.sources ?? [])], skippedKinds },
    diagnostics: [...(below?.diagnostics ?? []), ...diagnostics],
  };
}

/** Objects to the model. */
export function toMesh({ objects, observations, facts, stated, provenance, diagnostics }: RawInput): Input {
  const version = seenVersion(observations);
  const loaded = loadMesh(objects, version ? { ...facts, seenVersion: version } : facts);
  const { mesh, rebuild } = loaded;
  return {
    mesh,
    observations,
    rebuild,
    stated: { ...stated, observed: observations },
    provenance,
    diagnostics: [...diagnostics, ...loaded.diagnostics, ...skewNotes(observations)],
  };
}
