/** One file or stream that was read. */
export interface Source {
  /** As the user named it, or `<stdin>`. */
  readonly name: string;
  /** What it holds. */
  readonly kind: SourceKind;
  readonly documents: number;
  /** Of the bytes, in hex. */
  readonly sha256: string;
}

export const SOURCE_KINDS = ['manifests', 'envoy-config-dump'] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];
