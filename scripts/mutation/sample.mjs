import { createHash } from 'node:crypto';
import { relative } from 'node:path';

/** Whether a mutant is one of the every n-th: told by what it is, so that a sample is the same next time. */
export function isSampled({ fileName, location: { start, end }, mutatorName, replacement }, every, root) {
  const what = [
    relative(root, fileName),
    start.line,
    start.column,
    end.line,
    end.column,
    mutatorName,
    replacement,
  ].join('|');
  return createHash('sha256').update(what).digest().readUInt32BE() % every === 0;
}
