import { CHOMPING_MODE, type ChompingMode, EVENT_ID, getScalarValue, SCALAR_STYLE } from 'js-yaml';
import { type Cursor, lineEnd, nextLine, skipSpaces, unusual } from './cursor.ts';

const TAB = 9;
const NEWLINE = 10;
const HASH = 35;
const PLUS = 43;
const MINUS = 45;
const GREATER = 62;

/** The text after `|` or `>` at the cursor, in a collection at column `parent`; goes on to the line after it. */
export function readBlockScalar(cursor: Cursor, parent: number): string {
  const { text, end } = cursor;
  const isFolded = text.charCodeAt(cursor.at) === GREATER;
  const chomping = readHeader(cursor);
  const valueStart = cursor.at;
  let valueEnd = valueStart;
  let indent = -1;
  let deepestBlank = 0;
  for (let line = valueStart; line < end; line = valueEnd) {
    const content = skipSpaces(text, line);
    const column = content - line;
    // Blanks without a line break are only at the end of the file.
    if (content >= end) unusual();
    if (text.charCodeAt(content) === NEWLINE) {
      deepestBlank = Math.max(deepestBlank, column);
    } else if (indent === -1) {
      if (column <= parent) break;
      if (column < deepestBlank || text.charCodeAt(content) === TAB) unusual();
      indent = column;
    } else if (column < indent) {
      break;
    }
    valueEnd = Math.min(lineEnd(cursor, content) + 1, end);
  }
  const value = isFolded
    ? fold(text, valueStart, valueEnd, indent, chomping)
    : cutIndent(text, valueStart, valueEnd, indent, chomping);
  nextLine(cursor, valueEnd);
  return value;
}

/** `|`, `|-`, `|+` and a comment; leaves the cursor at the start of the next line. */
function readHeader(cursor: Cursor): ChompingMode {
  const { text, end } = cursor;
  let at = cursor.at + 1;
  let chomping: ChompingMode = CHOMPING_MODE.CLIP;
  const c = text.charCodeAt(at);
  if (c === MINUS || c === PLUS) {
    chomping = c === PLUS ? CHOMPING_MODE.KEEP : CHOMPING_MODE.STRIP;
    at++;
  }
  const rest = skipSpaces(text, at);
  if (text.charCodeAt(rest) === HASH && rest > at) at = lineEnd(cursor, rest);
  else at = rest;
  if (at >= end || text.charCodeAt(at) !== NEWLINE) unusual();
  cursor.at = at + 1;
  return chomping;
}

/** The lines without their indentation; line breaks at the end as `chomping` says. */
function cutIndent(text: string, start: number, end: number, indent: number, chomping: ChompingMode): string {
  let result = '';
  let breaks = 0;
  for (let line = start; line < end; ) {
    const found = text.indexOf('\n', line);
    const lineBreak = found === -1 || found > end ? end : found;
    if (indent !== -1 && lineBreak - line > indent) {
      if (breaks > 0) result += '\n'.repeat(breaks);
      result += text.slice(line + indent, lineBreak);
      breaks = 0;
    }
    breaks++;
    line = lineBreak + 1;
  }
  if (chomping === CHOMPING_MODE.KEEP) return result + '\n'.repeat(breaks);
  return chomping === CHOMPING_MODE.CLIP && result !== '' ? `${result}\n` : result;
}

function fold(text: string, valueStart: number, valueEnd: number, indent: number, chomping: ChompingMode): string {
  return getScalarValue(text, {
    type: EVENT_ID.SCALAR,
    style: SCALAR_STYLE.FOLDED_BLOCK,
    valueStart,
    valueEnd,
    anchorStart: -1,
    anchorEnd: -1,
    tagStart: -1,
    tagEnd: -1,
    chomping,
    indent,
    fast: false,
  });
}
