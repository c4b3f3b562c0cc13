/**
 * Control characters, and what reorders or hides text (bidirectional overrides, zero-width marks, tag characters). Line breaks and tabs
 * are left: reports fold them where a name stands and keep them where a patch stands.
 */
const unprintable =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/u;
const allUnprintable = new RegExp(unprintable.source, 'gu');

/**
 * The same value with every unprintable character of every string (keys too) written out as `\u{1b}`, so that no name in the input can
 * colour, erase or reorder what the reader sees. What has none is returned as it is, not copied.
 */
export function toPrintable<T>(value: T): T {
  return printable(value) as T;
}

function printable(value: unknown): unknown {
  if (typeof value === 'string') return printableText(value);
  if (Array.isArray(value)) return printableList(value);
  if (value !== null && typeof value === 'object') return printableRecord(value as Record<string, unknown>);
  return value;
}

function printableText(text: string): string {
  if (!unprintable.test(text)) return text;
  return text.replace(allUnprintable, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

function printableList(list: readonly unknown[]): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (const [index, item] of list.entries()) {
    const clean = printable(item);
    if (clean === item) continue;
    copy ??= [...list];
    copy[index] = clean;
  }
  return copy ?? list;
}

function printableRecord(record: Record<string, unknown>): Record<string, unknown> {
  let changed = false;
  const entries = Object.entries(record).map(([key, item]): [string, unknown] => {
    const entry: [string, unknown] = [printableText(key), printable(item)];
    changed ||= entry[0] !== key || entry[1] !== item;
    return entry;
  });
  return changed ? Object.fromEntries(entries) : record;
}
