/** One recorded answer beside the engine's. */
export interface Replayed {
  readonly id: string;
  readonly expected: string;
  readonly got: string;
}

/** Answers of the engine that are not those of the real software. */
export const differing = <R extends Replayed>(replayed: readonly R[]): readonly R[] =>
  replayed.filter(({ expected, got }) => expected !== got);
