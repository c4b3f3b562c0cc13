import type { EnvoyJson } from '../../model/observation/envoy-dump.ts';

export const isJson = (value: unknown): value is EnvoyJson =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The value as a list; nothing where it is none. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Members that are texts. */
export function textsOf(value: unknown): Readonly<Record<string, string>> {
  if (!isJson(value)) return {};
  const texts = Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(texts);
}
