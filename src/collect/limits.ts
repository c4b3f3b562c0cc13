/** What one file may cost. Beyond a limit the file or document is left out with a diagnostic; nothing hangs or runs out of memory. */
export interface Limits {
  readonly fileBytes: number;
  /** Per file. */
  readonly documents: number;
  /** Diagnostics about one file: after so many it is not worth reading on. */
  readonly problems: number;
  /** Nesting of collections in one document. */
  readonly depth: number;
  /** Alias nodes (`*name`) in one document. */
  readonly aliases: number;
  /** Keys copied by merges (`<<`) in one document. */
  readonly mergeKeys: number;
  /** Length of one YAML document that needs the full parser, which takes some 20 times as much memory. JSON is not limited. */
  readonly yamlCharacters: number;
  /** Values in one document after its aliases are followed: what whoever walks it will visit. */
  readonly nodes: number;
}

export const DEFAULT_LIMITS: Limits = {
  fileBytes: 512 * 1024 * 1024,
  documents: 1_000_000,
  problems: 1000,
  depth: 100,
  aliases: 10_000,
  mergeKeys: 10_000,
  yamlCharacters: 64 * 1024 * 1024,
  nodes: 20_000_000,
};
