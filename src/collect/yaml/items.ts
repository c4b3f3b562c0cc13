/**
 * Offsets of the `-` of each entry under a top-level `items:` in block style, by indentation alone: what belongs to an entry is indented
 * further, block scalars, quoted and bracketed text included. The last offset is the end of the last entry. Empty if the document is not of
 * that form. `start` begins a line.
 */
export function yamlItems(text: string, start: number, end: number): number[] {
  const offsets: number[] = [];
  let inside = false;
  let column = -1;
  for (let at = start; at < end; ) {
    let next = text.indexOf('\n', at) + 1;
    if (next === 0 || next > end) next = end;
    const content = skipBlanks(text, at, next);
    const c = text[content];
    const indent = content - at;
    if (!inside) {
      inside =
        indent === 0 &&
        text.startsWith('items:', content) &&
        isBlank(text[content + 6]) &&
        isEnd(text, content + 6, next);
    } else if (content < next && c !== '\n' && !(c === '#' && (column === -1 || indent <= column))) {
      const isEntry = c === '-' && isBlank(text[content + 1]);
      if (column === -1 && isEntry) column = indent;
      if (indent < column || column === -1 || (indent === column && !isEntry)) {
        return offsets.length === 0 ? [] : [...offsets, at];
      }
      if (indent === column) offsets.push(content);
    }
    at = next;
  }
  return offsets.length === 0 ? [] : [...offsets, end];
}

function skipBlanks(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && text[at] === ' ') at++;
  return at;
}

function isBlank(c: string | undefined): boolean {
  return c === undefined || c === ' ' || c === '\n' || c === '\t';
}

/** Nothing but blanks or a comment up to the end of the line. */
function isEnd(text: string, from: number, end: number): boolean {
  const c = text[skipBlanks(text, from, end)];
  return c === undefined || c === '\n' || c === '#';
}
