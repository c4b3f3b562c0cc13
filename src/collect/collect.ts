import { existsSync, realpathSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import type { Observation } from '../model/observation/observation.ts';
import type { RawObject } from '../model/resource.ts';
import type { Diagnostic } from '../result/diagnostic.ts';
import type { Source } from '../result/source.ts';
import type { ConfigFile } from './config-file.ts';
import type { DumpOptions } from './dumps/add-dumps.ts';
import { decodeText } from './files/decode.ts';
import { CONFIG_FILE, findFiles } from './files/find.ts';
import { readBytes } from './files/read.ts';
import { addSnapshots, type NamedSnapshot } from './add-snapshots.ts';
import { addFile, type Gathered } from './gather.ts';
import { isGzip, startsAsGzip } from './files/gzip.ts';
import { InputError } from './input-error.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { quote } from '../util/quote.ts';

export { InputError } from './input-error.ts';
export type { Limits } from './limits.ts';
export { inlineObject, readText } from './read-text.ts';

export type InputSpec = PathInput | ContextInput;

export interface PathInput {
  /** A file, folder or evidence bundle, relative to the working directory; `-` is stdin. */
  readonly path: string;
  readonly cluster?: string;
}

export interface ContextInput {
  /** A context of the user's kubeconfig: its cluster is read now. */
  readonly context: string;
}

export interface Collected {
  readonly objects: readonly RawObject[];
  /** What was seen of a running mesh: dumps of proxies, telemetry. */
  readonly observations: readonly Observation[];
  readonly sources: readonly Source[];
  readonly diagnostics: readonly Diagnostic[];
  /** Objects of kinds that say nothing about a mesh: counted, not kept. */
  readonly skippedKinds: Readonly<Record<string, number>>;
  /** `meshproof.yaml` of the first input folder that has one, or beside the first such input file. */
  readonly configFile?: ConfigFile;
  /** What the clusters that were read hold completely; absent where there is none, but manifests alone. */
  readonly complete?: readonly string[];
}

export interface CollectIo {
  readonly cwd: string;
  readonly stdin: () => Promise<Buffer>;
  readonly limits?: Partial<Limits>;
  /** Told what is read from clusters. */
  readonly onStep?: (what: string) => void;
  /** Proxies of clusters are asked what they run. */
  readonly dumps?: DumpOptions;
}

/**
 * Reads all inputs, each file once: manifests, evidence bundles, clusters. What cannot be read or is no Kubernetes object becomes a diagnostic. Throws an
 * InputError if an input does not exist, or if there is no object in any.
 */
export async function collect(
  inputs: readonly InputSpec[],
  io: CollectIo,
  { namesClusters = false }: { readonly namesClusters?: boolean } = {},
): Promise<Collected> {
  const limits = { ...DEFAULT_LIMITS, ...io.limits };
  const gathered: Gathered = {
    objects: [],
    observations: [],
    sources: [],
    diagnostics: [],
    skippedKinds: {},
    recent: [],
    limits,
  };
  const snapshots: NamedSnapshot[] = [];
  const done = new Set<string>();
  let configFile: ConfigFile | undefined;
  for (const input of inputs) {
    if ('context' in input) {
      snapshots.push(await readCluster(input, io));
      continue;
    }
    if (input.path === '-') {
      if (done.has('-')) continue;
      done.add('-');
      const bytes = await io.stdin();
      if (isGzip(bytes)) snapshots.push(...(await unpack(bytes, input, gathered)));
      else addFile(gathered, { name: '<stdin>', bytes, isNamed: true, cluster: input.cluster });
      continue;
    }
    const full = path.resolve(io.cwd, input.path);
    const stat = statInput(full, input.path);
    const folder = stat.isDirectory() ? input.path : path.dirname(input.path);
    configFile ??= readConfig(gathered, path.join(folder, CONFIG_FILE), io.cwd);
    for (const file of filesOf(gathered, input.path, full, stat)) {
      // Clusters may be made from the same manifests.
      const key = `${file.path}\n${input.cluster ?? ''}`;
      if (done.has(key)) continue;
      done.add(key);
      if (stat.isFile() && startsAsGzip(file.path)) {
        snapshots.push(...(await unpack(file.path, input, gathered)));
        continue;
      }
      const bytes = readBytes(file.path, limits.fileBytes);
      addFile(gathered, { name: file.name, bytes, isNamed: !stat.isDirectory(), cluster: input.cluster });
    }
  }
  const complete = addSnapshots(gathered, snapshots, namesClusters || inputs.some(isNamed));
  const { objects, observations, sources, diagnostics, skippedKinds } = gathered;
  if (objects.length === 0) throw nothingFound(inputs, done.size, diagnostics);
  return {
    objects,
    observations,
    sources,
    diagnostics,
    skippedKinds,
    ...(configFile && { configFile }),
    ...(complete && { complete }),
  };
}

/** Whether an input says which cluster it is of: then all clusters go by their names. */
export const isNamed = (input: InputSpec): boolean => 'cluster' in input && input.cluster !== undefined;

/** The client of API servers is loaded only where one is asked for. */
async function readCluster({ context }: ContextInput, { onStep, dumps }: CollectIo): Promise<NamedSnapshot> {
  const { readContext } = await import('./live/read-context.ts');
  const snapshot = await readContext(context, { ...(onStep ? { onStep } : {}), ...(dumps ? { dumps } : {}) });
  return { snapshot, source: context };
}

/** So is what unpacks bundles. */
async function unpack(
  from: string | Buffer,
  { path: name, cluster }: PathInput,
  { limits, diagnostics }: Gathered,
): Promise<readonly NamedSnapshot[]> {
  const { readBundle } = await import('./bundle/read-bundle.ts');
  const source = name === '-' ? '<stdin>' : name;
  const snapshots = await readBundle(from, source, limits);
  if (!snapshots) {
    const message = 'a gzip archive that is no evidence bundle';
    diagnostics.push({ severity: 'error', file: source, line: 0, message, help: 'unpack it and name the folder' });
    return [];
  }
  if (cluster !== undefined && snapshots.length > 1)
    throw new InputError(
      `the bundle \`${source}\` holds ${snapshots.length} clusters, which have names of their own`,
      'leave out `--cluster NAME=`',
    );
  return snapshots.map((snapshot) => ({ snapshot, source, ...(cluster === undefined ? {} : { cluster }) }));
}

function statInput(full: string, name: string): Stats {
  try {
    return statSync(full);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'EACCES' || code === 'EPERM')
      throw new InputError(`\`${name}\` cannot be read: permission denied`, 'grant read access');
    const help = /[*?]/.test(name)
      ? 'let the shell expand the pattern: leave out the quotes'
      : 'check the path; `-` reads stdin';
    throw new InputError(`\`${name}\` does not exist: expected a manifest file or a folder of them`, help);
  }
}

function filesOf(
  gathered: Gathered,
  name: string,
  full: string,
  stat: Stats,
): readonly { name: string; path: string }[] {
  // Pipes (`<(kustomize build)`) have no real path.
  if (!stat.isDirectory()) return [{ name, path: stat.isFile() ? realpathSync(full) : full }];
  return findFiles(name, full, gathered.diagnostics);
}

function readConfig(gathered: Gathered, name: string, cwd: string): ConfigFile | undefined {
  const full = path.resolve(cwd, name);
  if (!existsSync(full)) return undefined;
  const bytes = readBytes(full, gathered.limits.fileBytes);
  const decoded = Buffer.isBuffer(bytes) ? decodeText(bytes) : bytes;
  if ('text' in decoded) return { path: name, text: decoded.text };
  gathered.diagnostics.push({ severity: 'error', file: name, line: 0, message: decoded.message, help: decoded.help });
  return undefined;
}

/** As the user gave it, to name it again in a command. */
/** An input as the command line takes it. */
export function inputArgument(input: InputSpec): string {
  if ('context' in input) return `--context ${quote(input.context)}`;
  return input.cluster === undefined ? quote(input.path) : `--cluster ${quote(`${input.cluster}=${input.path}`)}`;
}

const nameOfInput = (input: InputSpec): string => ('context' in input ? `--context ${input.context}` : input.path);

function nothingFound(inputs: readonly InputSpec[], files: number, diagnostics: readonly Diagnostic[]): InputError {
  const names = inputs
    .map((input) => ('path' in input && input.path === '-' ? 'stdin' : `\`${nameOfInput(input)}\``))
    .join(', ');
  const looked = files === 0 ? 'no `*.yaml`, `*.yml` or `*.json` file there' : `files read: ${files}`;
  return new InputError(
    `no Kubernetes object in ${names || 'no input'}: ${looked}`,
    'name manifests, a folder of them, or pipe them: kubectl get … -o yaml | meshproof audit -',
    diagnostics,
  );
}
