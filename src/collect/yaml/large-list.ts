import { lineStart } from '../source-text.ts';
import type { Problem } from './explain.ts';
import { yamlItems } from './items.ts';
import type { Parsed } from './parse.ts';
import type { Span } from './split.ts';

/**
 * Reads a List entry by entry, so that one that is out of the ordinary does not send all of a cluster's dump through the slow parser, and a
 * broken one costs only itself (in the value, `undefined` stands for it). Undefined if the document has no `items` in block style.
 */
export function parseLargeList(
  text: string,
  { start, end }: Span,
  parse: (text: string, span: Span) => Parsed,
): { readonly value: object; readonly problems: readonly Problem[] } | undefined {
  const offsets = yamlItems(text, start, end);
  const [first, last] = [offsets[0], offsets.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const rest = text.slice(start, lineStart(text, first)) + text.slice(last, end);
  const { value, problem } = parse(rest, { start: 0, end: rest.length });
  if (problem || typeof value !== 'object' || value === null || !('items' in value) || value.items !== null)
    return undefined;
  const problems: Problem[] = [];
  const items = offsets.slice(0, -1).map((offset, index) => {
    const next = offsets[index + 1] ?? last;
    const entry = parse(text, { start: lineStart(text, offset), end: next === last ? last : lineStart(text, next) });
    if (entry.problem) problems.push(entry.problem);
    return Array.isArray(entry.value) && entry.value.length === 1 ? entry.value[0] : undefined;
  });
  return { value: { ...value, items }, problems };
}
