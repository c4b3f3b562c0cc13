import { readLine } from '../../collect/observations/logs/read-line.ts';
import type { SeenRequest } from '../../model/observation/seen-request.ts';

/** The first line of a log that tells of a refusal, else the first that can be read at all; undefined: none can. */
export function readLog(text: string): SeenRequest | undefined {
  let first: SeenRequest | undefined;
  for (const line of text.split(/\r?\n/)) {
    const seen = readLine(line);
    if (!seen) continue;
    if (isRefusal(seen)) return seen;
    first ??= seen;
  }
  return first;
}

/** Something said no, or broke. */
function isRefusal({ code, flags, matched, error }: SeenRequest): boolean {
  if (matched !== undefined || error !== undefined) return true;
  if (code !== undefined && code >= 400) return true;
  return code === 0 && flags !== undefined && flags !== '-';
}
