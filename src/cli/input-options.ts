import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { InputSpec } from '../collect/collect.ts';
import { readConfigFile } from '../collect/config-file.ts';
import { InputError } from '../collect/input-error.ts';
import type { PrometheusAsk } from '../collect/telemetry/ask-prometheus.ts';
import type { InputOptions } from '../engine/read-input.ts';

/** Flags of every command that reads a mesh. */
export interface InputFlags {
  readonly cluster: readonly InputSpec[];
  readonly context: readonly InputSpec[];
  readonly config?: string;
  readonly defaultNamespace?: string;
  readonly base?: readonly InputSpec[];
  readonly prune?: boolean;
  readonly prometheus?: string;
  readonly window?: number;
  readonly prometheusTokenFile?: string;
  readonly verbose?: boolean;
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

export function inputOptions(flags: InputFlags, cwd: string): InputOptions {
  const { config, defaultNamespace, base, prune, prometheus } = flags;
  return {
    ...(prometheus === undefined ? {} : { prometheus: prometheusAsk(prometheus, flags, cwd) }),
    ...(config === undefined ? {} : { config: readConfigFile(config, cwd) }),
    ...(defaultNamespace === undefined ? {} : { defaultNamespace }),
    ...(base?.length ? { base, prune: prune ?? false } : {}),
  };
}

export function prometheusAsk(
  url: string,
  flags: Pick<InputFlags, 'window' | 'prometheusTokenFile' | 'verbose'>,
  cwd: string,
): PrometheusAsk {
  const { window = 7, prometheusTokenFile: file, verbose } = flags;
  const token = file === undefined ? process.env.MESHPROOF_PROMETHEUS_TOKEN : readToken(file, cwd);
  return {
    url,
    days: window,
    end: Math.floor(Date.now() / 1000),
    ...(token ? { token } : {}),
    ...(verbose ? { onQuery: (query: string) => process.stderr.write(`asking Prometheus: ${query}\n`) } : {}),
  };
}

function readToken(file: string, cwd: string): string {
  try {
    return readFileSync(path.resolve(cwd, file), 'utf8').trim();
  } catch {
    throw new InputError(`\`${file}\` cannot be read`, '`--prometheus-token-file` names a file with a bearer token');
  }
}

/** What `--now` says. */
export function parseDate(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw new InputError(`\`${text}\` is no date`, 'give it as 2026-11-25');
  return date;
}
