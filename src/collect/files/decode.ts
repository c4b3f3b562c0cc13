import { isUtf8 } from 'node:buffer';

export type Decoded = { readonly text: string } | { readonly message: string; readonly help: string };

/** The text of a file's bytes, or what the bytes are instead. */
export function decodeText(bytes: Buffer): Decoded {
  const [a, b] = bytes;
  if (a === 0x1f && b === 0x8b) {
    return { message: 'a gzip archive, not a manifest', help: 'unpack it; evidence bundles cannot be read yet' };
  }
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) {
    return { message: 'UTF-16 text, expected UTF-8', help: 'save it as UTF-8, as `kubectl` needs it too' };
  }
  if (bytes.subarray(0, 8192).includes(0))
    return { message: 'binary data, expected YAML or JSON', help: 'name manifests as input' };
  if (!isUtf8(bytes)) return { message: 'not valid UTF-8, expected YAML or JSON', help: 'save it as UTF-8' };
  return { text: bytes.toString('utf8') };
}
