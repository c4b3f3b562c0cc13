/** What a schema infers, read-only, and optional fields either present or absent (never `undefined`). */
export type DeepReadonly<T> = T extends [infer A, infer B]
  ? readonly [A, B]
  : T extends (infer U)[]
    ? readonly DeepReadonly<U>[]
    : T extends object
      ? { readonly [K in keyof T]: DeepReadonly<Exclude<T[K], undefined>> }
      : T;
