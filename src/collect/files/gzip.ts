import { closeSync, openSync, readSync } from 'node:fs';

/** The first bytes of every gzip archive, evidence bundles among them. */
const SIGNATURE = [0x1f, 0x8b];

export const isGzip = (bytes: Uint8Array): boolean => SIGNATURE.every((byte, index) => bytes[index] === byte);

/** The same of a file; false where it cannot be read, which whoever reads it will say. */
export function startsAsGzip(path: string): boolean {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const bytes = Buffer.alloc(SIGNATURE.length);
    return readSync(file, bytes, 0, bytes.length, 0) === bytes.length && isGzip(bytes);
  } catch {
    return false;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
