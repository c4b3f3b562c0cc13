/** Part of a text: from `start` up to, not including, `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const NEWLINE = 10;
const HASH = 35;
const PERCENT = 37;
const DASH = 45;
const DOT = 46;

/**
 * Cuts a stream at `---` and `...` lines. Both can only stand at column 0 between documents (YAML 1.2 §9.1.2; kubectl reads them so too):
 * content of block scalars is indented, and quoted text may not contain them. The `---` line belongs to the document that it opens, since
 * content may follow on it; directives (`%YAML`) belong to the document after them. Spans that hold nothing but comments are left out.
 * Stops after `limit` documents.
 */
export function splitDocuments(text: string, limit: number): Span[] {
  const spans: Span[] = [];
  let start = 0;
  let directives = false;
  let dashes = nextMarker(text, 0, '\n---', DASH);
  let dots = nextMarker(text, 0, '\n...', DOT);
  while (spans.length < limit) {
    const opens = dashes < dots;
    const cut = opens ? dashes : lineEnd(text, dots);
    const content = firstContent(text, start, cut);
    directives = opens && !directives && text.charCodeAt(content) === PERCENT;
    if (!directives) {
      if (content !== -1) spans.push({ start, end: cut });
      start = cut;
    }
    if (cut >= text.length) break;
    if (opens) dashes = nextMarker(text, dashes + 3, '\n---', DASH);
    else dots = nextMarker(text, dots + 3, '\n...', DOT);
  }
  return spans;
}

/** Start of the next line, at or after `from`, that is a marker; the end of the text if there is none. */
function nextMarker(text: string, from: number, pattern: string, character: number): number {
  if ((from === 0 || text.charCodeAt(from - 1) === NEWLINE) && isMarker(text, from, character)) return from;
  for (let at = text.indexOf(pattern, from); at !== -1; at = text.indexOf(pattern, at + 1)) {
    if (isMarker(text, at + 1, character)) return at + 1;
  }
  return text.length;
}

function isMarker(text: string, at: number, character: number): boolean {
  for (let i = 0; i < 3; i++) if (text.charCodeAt(at + i) !== character) return false;
  const after = text.charCodeAt(at + 3);
  return Number.isNaN(after) || after === NEWLINE || after === 32 || after === 9;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end + 1;
}

/** Offset of the first character that is no blank, comment or marker; -1 if there is none. */
export function firstContent(text: string, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const c = text.charCodeAt(at);
    if (c === 32 || c === 9 || c === NEWLINE) at++;
    else if (c === HASH) at = lineEnd(text, at);
    else if (
      (c === DASH || c === DOT) &&
      (at === start || text.charCodeAt(at - 1) === NEWLINE) &&
      isMarker(text, at, c)
    )
      at += 3;
    else return at;
  }
  return -1;
}
