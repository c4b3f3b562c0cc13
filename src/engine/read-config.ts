import type { z } from 'zod';
import { type ConfigFile, parseConfigFile } from '../collect/config-file.ts';
import { InputError } from '../collect/input-error.ts';
import { type Config, config } from '../result/config.ts';
import { suggest } from '../util/suggest.ts';
import type { StatedFacts } from './load-mesh.ts';
import type { Said } from './read-testimonies.ts';

/** What `meshproof.yaml` says, checked. */
export interface UserConfig {
  readonly config: Config;
  readonly file: string;
  readonly facts: StatedFacts;
  /** What people saw, with where it stands. */
  readonly said: Said;
  /** The line on which a field stands. */
  readonly lineOf: (path: readonly (string | number)[]) => number;
}

/** Reads and checks a configuration. Throws an InputError that names file, line, what was expected and the nearest known key. */
export function readConfig(file: ConfigFile): UserConfig {
  const { value, lineOf } = parseConfigFile(file);
  const parsed = config.safeParse(value);
  if (parsed.success) {
    // zod infers optional fields as possibly undefined; it leaves them out.
    const read = parsed.data as Config;
    const entries = (read.observations ?? []).map((entry, index) => ({
      ...entry,
      line: lineOf(['observations', index]),
    }));
    return { config: read, file: file.path, facts: factsOf(read), said: { entries, file: file.path }, lineOf };
  }
  const [issue] = parsed.error.issues;
  if (!issue) throw new InputError(`${file.path}: not a valid configuration`, 'see docs/configuration.md');
  const where = issue.path.filter((step): step is string | number => typeof step !== 'symbol');
  const { message, help } = describe(issue, where);
  const keyed = issue.code === 'unrecognized_keys' ? [...where, issue.keys[0] ?? ''] : where;
  throw new InputError(`${file.path}:${lineOf(keyed)}: ${message}`, help);
}

function factsOf({ scope, mesh, owners }: Config): StatedFacts {
  const complete = (scope?.complete ?? []).flatMap((entry) =>
    typeof entry === 'string' ? [entry] : entry.namespaces.map((namespace) => `namespace:${namespace}`),
  );
  return {
    complete,
    ...(mesh?.trustDomain === undefined ? {} : { trustDomain: mesh.trustDomain }),
    ...(mesh?.istioVersion === undefined ? {} : { istioVersion: mesh.istioVersion }),
    ...(mesh?.cni === undefined ? {} : { cni: mesh.cni }),
    ...(owners
      ? {
          owners: {
            ...(owners.label === undefined ? {} : { label: owners.label }),
            ...(owners.annotation === undefined ? {} : { annotation: owners.annotation }),
          },
        }
      : {}),
  };
}

function describe(issue: z.core.$ZodIssue, where: readonly (string | number)[]): { message: string; help: string } {
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const known = knownKeys(config, where);
    const near = suggest(key, known);
    return {
      message: `\`${[...where, key].join('.')}\` is no key of the configuration`,
      help: near ? `did you mean \`${near}\`?` : `known here: ${known.join(', ')}`,
    };
  }
  return {
    message: `\`${where.join('.') || '(document)'}\`: ${issue.message.toLowerCase()}`,
    help: 'see docs/configuration.md',
  };
}

/** The keys that the schema knows at a path. */
function knownKeys(schema: z.core.$ZodType, where: readonly (string | number)[]): readonly string[] {
  const { def } = schema._zod as {
    def: {
      type: string;
      innerType?: z.core.$ZodType;
      element?: z.core.$ZodType;
      shape?: Record<string, z.core.$ZodType>;
    };
  };
  if (def.innerType) return knownKeys(def.innerType, where);
  const [step, ...rest] = where;
  if (step === undefined) return Object.keys(def.shape ?? {});
  const next = typeof step === 'number' ? def.element : def.shape?.[step];
  return next ? knownKeys(next, rest) : [];
}
