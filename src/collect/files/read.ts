import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** A reason why a file was not read. */
export interface Unreadable {
  readonly message: string;
  readonly help: string;
}

const CHUNK = 1024 * 1024;

/** The bytes of a file or pipe. */
export function readBytes(path: string, limit: number): Buffer | Unreadable {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const stat = fstatSync(file);
    if (!stat.isFile() && !stat.isFIFO())
      return { message: 'neither a file nor a pipe', help: 'name manifests as input' };
    return stat.size > limit ? tooLarge(limit) : readAll(file, stat.isFile() ? stat.size : 0, limit);
  } catch (error) {
    return unreadable(error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

export function tooLarge(limit: number): Unreadable {
  const size = limit < CHUNK ? `${limit} bytes` : `${Math.floor(limit / CHUNK)} MiB`;
  return { message: `larger than ${size}`, help: 'split it' };
}

function readAll(file: number, expected: number, limit: number): Buffer | Unreadable {
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    // One byte more than expected, so that the usual file takes one chunk and one look for its end.
    const chunk = Buffer.allocUnsafe(Math.max(CHUNK, expected + 1 - total));
    const count = readSync(file, chunk, 0, chunk.length, null);
    if (count === 0) break;
    total += count;
    if (total > limit) return tooLarge(limit);
    chunks.push(chunk.subarray(0, count));
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, total);
}

function unreadable(error: unknown): Unreadable {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'EACCES' || code === 'EPERM')
    return { message: 'cannot be read: permission denied', help: 'grant read access' };
  return { message: `cannot be read: ${code || String(error)}`, help: 'check the file system' };
}
