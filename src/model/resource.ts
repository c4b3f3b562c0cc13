import type { Location } from '../result/location.ts';

/** A path into an object: `['spec', 'rules', 0, 'from']`. */
export type Path = readonly (string | number)[];

/** Where an object was read from. Positions inside it cost nothing until somebody asks. */
export interface Origin {
  /** The file as the user named it, `<stdin>`, or the cluster. */
  readonly source: string;
  /** First line of the object, from 1; 0 for objects of a live cluster. */
  readonly line: number;
  /** The place of the value at `path`, or of its nearest ancestor that exists. */
  locate(path: Path): Location;
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly controller: boolean;
}

/** What all Kubernetes objects share, read once and tolerant of what is missing. */
export interface Metadata {
  readonly name: string;
  /** Empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** RFC 3339, as written; absent in manifests from Git. */
  readonly creationTimestamp?: string;
  readonly resourceVersion?: string;
  readonly ownerReferences: readonly OwnerReference[];
}

/** A decoded, immutable object. `spec` is the decoded `spec`, or the whole object for kinds that have none (Role, ConfigMap). */
export interface Resource<Spec = unknown> extends Metadata {
  readonly cluster: string;
  /** Name of the kind in the catalogue of modelled kinds (model/kinds.ts). */
  readonly kind: string;
  readonly apiVersion: string;
  readonly spec: Spec;
  /** As written, for the kinds that keep it. */
  readonly status?: unknown;
  readonly origin: Origin;
}

/** An object as it came out of YAML or JSON, before its kind is known. */
export interface RawObject {
  readonly value: Readonly<Record<string, unknown>>;
  readonly origin: Origin;
  readonly cluster: string;
}
