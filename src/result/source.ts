/** One file, stream or cluster that was read. */
export interface Source {
  /** As the user named it, `<stdin>`, or the context of a cluster. */
  readonly name: string;
  /** What it holds. */
  readonly kind: SourceKind;
  readonly documents: number;
  /** Of the bytes, in hex; of a cluster: of what was read from it, the same at once and out of a bundle. */
  readonly sha256: string;
}

export const SOURCE_KINDS = [
  'manifests',
  'cluster',
  'envoy-config-dump',
  'ztunnel-config-dump',
  'istiod-ambientz',
  'istiod-authorizationz',
  'istiod-configz',
  'istiod-registryz',
  'istiod-syncz',
  'prometheus',
  'access-log',
  'wanted',
  'probe-results',
] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];
