import type { EnvoyJson } from '../../model/observation/envoy-dump.ts';
import { isObject } from '../../model/shape.ts';

/** The member as an object; an empty one where it is none. */
export function at(value: unknown, ...path: readonly string[]): EnvoyJson {
  let found: unknown = value;
  for (const step of path) found = isObject(found) ? found[step] : undefined;
  return isObject(found) ? found : {};
}

export const listAt = (value: unknown, ...path: readonly string[]): readonly unknown[] => {
  const last = path.at(-1) ?? '';
  const found = at(value, ...path.slice(0, -1))[last];
  return Array.isArray(found) ? found : [];
};

export const textAt = (value: unknown, field: string): string | undefined => {
  const found = isObject(value) ? value[field] : undefined;
  return typeof found === 'string' ? found : undefined;
};
