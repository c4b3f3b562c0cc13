import type { Observation } from '../../model/observation/observation.ts';
import type { Source } from '../../result/source.ts';

/** One form of what can be seen of a running mesh. Files are known by what they hold, not by name (design §3). */
export interface Form {
  readonly kind: Exclude<Source['kind'], 'manifests'>;
  /** Whether the text is of this form: from its first few thousand characters, and the whole only where these leave it open. */
  readonly isMeant: (head: string, text: string) => boolean;
  /** Never throws: what is wrong with the file is said instead. */
  readonly read: (text: string, from: From) => ReadForm | Broken;
}

export interface From {
  readonly file: string;
  readonly cluster: string;
  /** When it was collected, where a bundle says so. */
  readonly at?: string;
}

export interface ReadForm {
  readonly observations: readonly Observation[];
  /** What of it could not be used, in words. */
  readonly left?: readonly string[];
}

export interface Broken {
  /** 1 where it is about the whole. */
  readonly line?: number;
  readonly message: string;
  readonly help: string;
}
