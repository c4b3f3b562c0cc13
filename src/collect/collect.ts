import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import type { RawObject } from '../model/resource.ts';
import type { Diagnostic } from '../result/diagnostic.ts';
import type { Source } from '../result/source.ts';
import { decodeText } from './files/decode.ts';
import { findFiles } from './files/find.ts';
import { InputError } from './input-error.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { readText } from './read-text.ts';

export { InputError } from './input-error.ts';
export type { Limits } from './limits.ts';
export { inlineObject, type ReadText, readText } from './read-text.ts';

export interface InputSpec {
  /** A file or folder, relative to `cwd`; `-` is stdin. */
  readonly path: string;
  readonly cluster?: string;
}

export interface Collected {
  readonly objects: readonly RawObject[];
  readonly sources: readonly Source[];
  readonly diagnostics: readonly Diagnostic[];
  /** Objects of kinds that say nothing about a mesh: counted, not kept. */
  readonly skippedKinds: Readonly<Record<string, number>>;
  /** `meshproof.yaml` of an input folder, or beside an input file. */
  readonly configFile?: { readonly path: string; readonly text: string };
}

export interface CollectIo {
  readonly cwd: string;
  readonly stdin: () => Promise<Buffer>;
  readonly limits?: Partial<Limits>;
}

/** Reads all inputs, each file once. Throws an InputError if one does not exist or nothing in them can be read. */
export async function collect(inputs: readonly InputSpec[], io: CollectIo): Promise<Collected> {
  const limits = { ...DEFAULT_LIMITS, ...io.limits };
  const objects: RawObject[] = [];
  const sources: Source[] = [];
  const diagnostics: Diagnostic[] = [];
  const skippedKinds: Record<string, number> = {};
  const done = new Set<string>();
  let configFile: Collected['configFile'];

  const read = (name: string, bytes: Buffer, cluster: string | undefined, explicit: boolean) => {
    const decoded = decodeText(bytes);
    if ('message' in decoded) {
      diagnostics.push({ severity: 'error', file: name, line: 0, message: decoded.message, help: decoded.help });
      return;
    }
    const found = readText(decoded.text, name, { limits, ...(cluster === undefined ? {} : { cluster }) });
    for (const object of found.objects) objects.push(object);
    for (const [kind, count] of Object.entries(found.skippedKinds))
      skippedKinds[kind] = (skippedKinds[kind] ?? 0) + count;
    const foreign = !explicit && found.objects.length === 0 && !/^\s*"?kind"?:/m.test(decoded.text);
    if (!foreign) diagnostics.push(...found.diagnostics);
    sources.push({
      name,
      kind: 'manifests',
      documents: found.documents,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
  };

  for (const { path: name, cluster } of inputs) {
    if (name === '-') {
      if (!done.has('-')) read('<stdin>', await io.stdin(), cluster, true);
      done.add('-');
      continue;
    }
    const full = path.resolve(io.cwd, name);
    if (!existsSync(full))
      throw new InputError(
        `no such file or folder: ${name}`,
        'name a manifest, a folder of manifests, or `-` for stdin',
      );
    const isFolder = statSync(full).isDirectory();
    const config = path.join(isFolder ? full : path.dirname(full), 'meshproof.yaml');
    if (!configFile && existsSync(config))
      configFile = { path: path.relative(io.cwd, config), text: readFileSync(config, 'utf8') };
    const files = isFolder ? findFiles(name, full, diagnostics) : [{ name, path: realpathSync(full) }];
    for (const file of files) {
      if (done.has(file.path)) continue;
      done.add(file.path);
      read(file.name, readFileSync(file.path), cluster, !isFolder);
    }
  }
  if (objects.length === 0) {
    throw new InputError(
      `no Kubernetes object in ${inputs.map((input) => input.path).join(', ')}`,
      'looked for `*.yaml`, `*.yml` and `*.json`',
      diagnostics,
    );
  }
  return { objects, sources, diagnostics, skippedKinds, ...(configFile ? { configFile } : {}) };
}
