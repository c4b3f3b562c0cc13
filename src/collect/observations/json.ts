import { isObject } from '../../model/shape.ts';

export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The value as a list; nothing where it is none. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Members that are texts. */
export function textsOf(value: unknown): Readonly<Record<string, string>> {
  if (!isObject(value)) return {};
  const texts = Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(texts);
}
