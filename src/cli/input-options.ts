import type { InputSpec } from '../collect/collect.ts';
import { readConfigFile } from '../collect/config-file.ts';
import { InputError } from '../collect/input-error.ts';
import type { InputOptions } from '../engine/read-input.ts';

/** Flags of every command that reads a mesh. */
export interface InputFlags {
  readonly cluster: readonly InputSpec[];
  readonly context: readonly InputSpec[];
  readonly config?: string;
  readonly defaultNamespace?: string;
  readonly base?: readonly InputSpec[];
  readonly prune?: boolean;
}

/** The inputs that a command line names; there has to be one. */
export function namedInputs(
  paths: readonly string[],
  flags: Pick<InputFlags, 'cluster' | 'context'>,
): readonly InputSpec[] {
  const { cluster, context } = flags;
  const inputs = [...paths.map((name) => ({ path: name })), ...cluster, ...context];
  if (inputs.length > 0) return inputs;
  throw new InputError(
    'no input',
    'name a manifest, a folder of manifests, an evidence bundle, `-` for stdin, or `--context NAME` for a cluster',
  );
}

export function inputOptions({ config, defaultNamespace, base, prune }: InputFlags, cwd: string): InputOptions {
  return {
    ...(config === undefined ? {} : { config: readConfigFile(config, cwd) }),
    ...(defaultNamespace === undefined ? {} : { defaultNamespace }),
    ...(base?.length ? { base, prune: prune ?? false } : {}),
  };
}
