import { z } from 'zod';
import type { DeepReadonly } from './deep-readonly.ts';

const learntFlow = z.strictObject({
  from: z.string(),
  to: z.string(),
  methods: z.array(z.string()).optional(),
  paths: z.array(z.string()).optional(),
  /** Requests that passed, and on how many days. */
  seen: z.int(),
  days: z.int(),
  last: z.string().optional(),
});

/** The result of `wanted --learn`. */
export const learnt = z.strictObject({
  window: z.strictObject({ days: z.int(), from: z.string().optional(), to: z.string().optional() }),
  /** Proposed: they count once somebody accepts them. */
  flows: z.array(learntFlow),
  /** Seen and not proposed, with the reasons. */
  left: z.array(learntFlow.extend({ why: z.array(z.string()) })),
  /** Seen and declared or accepted already. */
  known: z.int(),
});

export type Learnt = DeepReadonly<z.infer<typeof learnt>>;
