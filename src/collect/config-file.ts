import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Path } from '../model/resource.ts';
import { InputError } from './input-error.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { locationAt, sourceText } from './source-text.ts';
import { parseYaml } from './yaml/parse.ts';
import { findValue, readNodes } from './yaml/positions.ts';

export interface ConfigFile {
  /** As the user named it. */
  readonly path: string;
  readonly text: string;
}

/** The file that `--config` names. */
export function readConfigFile(name: string, cwd: string): ConfigFile {
  const full = path.resolve(cwd, name);
  if (!existsSync(full)) throw new InputError(`no such file: ${name}`, '`--config` names a meshproof.yaml');
  return { path: name, text: readFileSync(full, 'utf8') };
}

/** Its value, and a way to find the line of a path in it. Throws an InputError on broken YAML. */
export function parseConfigFile(file: ConfigFile): {
  readonly value: unknown;
  readonly lineOf: (path: Path) => number;
} {
  const source = sourceText(file.path, file.text);
  const parsed = parseYaml(source.text, { start: 0, end: source.text.length }, DEFAULT_LIMITS);
  if (parsed.problem) {
    const { line } = locationAt(source, parsed.problem.offset);
    throw new InputError(`${file.path}:${line}: ${parsed.problem.message}`, parsed.problem.help);
  }
  return {
    value: parsed.value,
    lineOf: (at) => locationAt(source, findValue(readNodes(source.text), at)).line,
  };
}
