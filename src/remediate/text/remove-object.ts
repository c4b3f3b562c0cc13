import type { Place, Spliced } from './splice-edits.ts';
import { spliceEdits } from './splice-edits.ts';

/**
 * Takes an object out of a text: its document with the `---` line that opens it and the comments in front of it, or its entry of a List. A
 * comment at the start of the file stays if a blank line sets it apart. Without any other document, nothing is left.
 */
export function removeObject(text: string, place: Place): Spliced {
  const { start, end, path } = place;
  if (path.length > 0) return spliceEdits(text, { ...place, path: [] }, [{ op: 'delete', path }]);
  const from = start === 0 ? headerEnd(text.slice(0, end)) : start;
  const rest = text.slice(0, from) + text.slice(end);
  return { text: isBare(rest) ? '' : rest, end: from };
}

/** The end of comments that belong to the file and not to its first object. */
function headerEnd(text: string): number {
  const header = /^(?:#.*\n)+(?=\s*\n)\n*/.exec(text)?.[0];
  return header === undefined || header.includes('# Source:') ? 0 : header.length;
}

/** Nothing but comments and markers. */
const isBare = (text: string): boolean => text.split('\n').every((line) => /^\s*(#.*|---|\.\.\.)?\s*$/.test(line));
