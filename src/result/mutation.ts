import { z } from 'zod';
import type { DeepReadonly } from './deep-readonly.ts';
import { by, request, workloadId } from './schema.ts';
import { SENSITIVITIES } from './status.ts';

const level = z.enum(SENSITIVITIES);

/** A fault that was put into one policy, and what came of it. */
const fault = z.strictObject({
  /** The object, and of it what is taken away or loosened. */
  by,
  /** `delete it`, `delete rule 1`, `drop to of rule 0`, `STRICT → PERMISSIVE`. */
  what: z.string(),
});

const survivor = fault.extend({
  /** `opens`: requests that are refused would pass; `refuses`: the reverse. */
  effect: z.enum(['opens', 'refuses']),
  /** One of them, decided in both states. */
  witness: request,
  to: z.strictObject({ workload: workloadId, port: z.int(), sensitivity: level }).optional(),
  /** The case of `missing` that would notice it, by name; absent: no case can state the request. */
  test: z.string().optional(),
});

/** The result of `test --mutate`. */
export const mutation = z.strictObject({
  /** Faults that a case or an invariant notices, of those that turn some verdict. */
  score: z.strictObject({ killed: z.int(), of: z.int(), percent: z.int().nullable() }),
  survivors: z.array(survivor),
  killed: z.array(fault.extend({ noticedBy: z.string() })),
  /** Faults that turn no verdict, proven over all requests: what they take away could go. */
  idle: z.array(fault),
  /** No request was found that they turn, and why that is no proof. Neither noticed nor missed. */
  unsettled: z.array(fault.extend({ why: z.string() })),
  /** Policies that were left alone. */
  skipped: z.array(z.strictObject({ by, why: z.string() })),
  /** Cases that pass today and fail with a fault that nothing notices. */
  missing: z.array(
    z.strictObject({
      name: z.string(),
      request,
      expect: z.enum(['allow', 'deny', 'unknown']),
    }),
  ),
  /** The same as a PolicyTest has them. */
  yaml: z.string(),
  /** Cases and invariants as they are; what fails today notices nothing. */
  tests: z.strictObject({ passed: z.int(), failed: z.int() }),
});

export type Mutation = DeepReadonly<z.infer<typeof mutation>>;
