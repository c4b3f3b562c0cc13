import type { Path, Resource } from '../resource.ts';
import type { Manifest } from './manifest.ts';

/** One change of one object of the input, as data: it can be applied to the model, written as a patch and written into the files. */
export type Change =
  | {
      readonly kind: 'add';
      readonly manifest: Manifest;
      /** What the new object protects: it goes into the folder of this object's file, and into its cluster. */
      readonly beside: Resource;
    }
  | { readonly kind: 'edit'; readonly resource: Resource; readonly edits: readonly FieldEdit[] }
  | { readonly kind: 'remove'; readonly resource: Resource };

/**
 * One field of an object. Paths are those of the object as it is written: `['metadata', 'labels', 'istio-injection']`,
 * `['spec', 'template', 'metadata', 'annotations', 'x']`; a number is an entry of a list, from 0. Edits of one object are made one after
 * another, each on what the one before left.
 */
export type FieldEdit =
  /** Creates what is missing on the way: lists where the next step is a number, else mappings. */
  | { readonly op: 'set'; readonly path: Path; readonly value: unknown }
  /** Nothing happens if there is no such field. */
  | { readonly op: 'delete'; readonly path: Path }
  /** To the list at `path`, which is created if it is missing. */
  | { readonly op: 'append'; readonly path: Path; readonly value: unknown };

/** The object that a change is about, by name. */
export function objectOfChange(change: Change): {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
} {
  if (change.kind !== 'add') return change.resource;
  const { kind, metadata } = change.manifest;
  return { kind, namespace: metadata.namespace ?? '', name: metadata.name };
}
