import { isUtf8 } from 'node:buffer';
import type { Unreadable } from './read.ts';

const SIGNATURES: readonly (readonly [bytes: readonly number[], message: string, help: string])[] = [
  [[0x1f, 0x8b], 'a gzip archive', 'name it as an input of its own: evidence bundles are read where they are named'],
  [[0x50, 0x4b, 3, 4], 'a zip archive', 'unpack it and name the folder'],
  [[0xff, 0xfe], 'UTF-16 text: expected UTF-8', 'save it as UTF-8'],
  [[0xfe, 0xff], 'UTF-16 text: expected UTF-8', 'save it as UTF-8'],
];

/** The text of bytes, or what they are instead. Where some of it is no UTF-8, the character U+FFFD stands for that. */
export function decodeText(bytes: Buffer): { readonly text: string; readonly isLossy: boolean } | Unreadable {
  for (const [signature, message, help] of SIGNATURES) {
    if (signature.every((byte, index) => bytes[index] === byte)) return { message, help };
  }
  // Text never holds NUL; one further down costs only its document.
  if (bytes.subarray(0, 1024).includes(0))
    return { message: 'binary data: expected YAML or JSON', help: 'name manifests as input' };
  try {
    return { text: bytes.toString('utf8'), isLossy: !isUtf8(bytes) };
  } catch {
    return { message: 'too large for one text', help: 'split it' };
  }
}
