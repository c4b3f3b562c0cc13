/** What every observation says of itself. */
export interface Seen {
  /** The file, as the user named it. */
  readonly file: string;
  /** The cluster that the user gave the file to; empty where there is one. */
  readonly cluster: string;
  /** When it was seen, ISO 8601 in UTC, as far as the file itself tells. */
  readonly at?: string;
}
