/** One file or stream that was read. */
export interface Source {
  /** As the user named it, or `<stdin>`. */
  readonly name: string;
  readonly kind: 'manifests';
  readonly documents: number;
  /** Of the bytes, in hex. */
  readonly sha256: string;
}
