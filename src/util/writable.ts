/** An object in the making, whose fields can still be set; what is handed out is the readonly type again. */
export type Writable<T> = { -readonly [K in keyof T]: T[K] };
