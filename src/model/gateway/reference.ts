import { type Infer, number, object, string } from '../shape.ts';

/** An entry of `parentRefs`: kind Gateway unless told; kind Service makes a mesh route. */
export const parentReference = object({
  group: string,
  kind: string,
  namespace: string,
  name: string,
  sectionName: string,
  port: number,
});

/** A backend: kind Service unless told. A foreign namespace needs a ReferenceGrant there. */
export const backendReference = object({
  group: string,
  kind: string,
  namespace: string,
  name: string,
  port: number,
  weight: number,
});

export const secretReference = object({ group: string, kind: string, namespace: string, name: string });

export type ParentReference = Infer<typeof parentReference>;
export type BackendReference = Infer<typeof backendReference>;
