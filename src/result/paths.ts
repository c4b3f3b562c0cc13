import { z } from 'zod';
import type { DeepReadonly } from './deep-readonly.ts';
import { attackPath, attackSummary } from './schema.ts';

/** The result of `paths`. */
export const pathsAnswer = z.strictObject({
  paths: z.array(attackPath),
  attack: attackSummary,
  /** What was asked for, where it was narrowed. */
  from: z.string().optional(),
  to: z.string().optional(),
});

export type PathsAnswer = DeepReadonly<z.infer<typeof pathsAnswer>>;
