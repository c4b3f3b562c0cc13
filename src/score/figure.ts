import type { Measure } from './measure.ts';
import { type Count, scopes, type Scope } from './tally.ts';

/** The figure of a measure over one scope that has subjects: what takes part in a rating and is published with it. */
export interface Figure {
  readonly measure: Measure;
  readonly scope: Scope;
  readonly count: Count;
}

export function figuresOf(measure: Measure): Figure[] {
  const { counts } = measure.tally;
  return scopes.flatMap((scope) => (counts[scope].of > 0 ? [{ measure, scope, count: counts[scope] }] : []));
}

const scopeWords: Readonly<Record<Scope, string>> = {
  all: '',
  sensitive: ' of critical and high assets',
  exposed: ' exposed to the internet',
};

/** `workload ports of critical and high assets STRICT` */
export const figureName = ({ measure, scope }: Pick<Figure, 'measure' | 'scope'>): string =>
  `${measure.subjects}${scopeWords[scope]} ${measure.covered}`;
