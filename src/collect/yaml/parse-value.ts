import { DEFAULT_LIMITS } from '../limits.ts';
import { parseYaml } from './parse.ts';

/** YAML that stands inside a value, as the mesh config in its ConfigMap. Throws an Error with a sentence for the user. */
export function parseYamlValue(text: string): unknown {
  const parsed = parseYaml(text, { start: 0, end: text.length }, DEFAULT_LIMITS);
  if (parsed.problem) throw new Error(parsed.problem.message);
  return parsed.value;
}
