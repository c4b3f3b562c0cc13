/** A place in a file that somebody wrote: `file` as the user named it, `line` and `column` from 1. */
export interface FileLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** An object read from a live cluster. */
export interface ClusterLocation {
  readonly cluster: string;
  readonly resourceVersion: string;
}

export type Location = FileLocation | ClusterLocation;

/** The object, and where known the rule and clause of it, that decided something. `rule` counts from 0. */
export interface By {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly rule?: number;
  readonly clause?: string;
  readonly location: Location;
}

/** `file:line:column`, or `cluster@resourceVersion`. */
export function formatLocation(location: Location): string {
  return 'file' in location
    ? `${location.file}:${location.line}:${location.column}`
    : `${location.cluster}@${location.resourceVersion}`;
}
