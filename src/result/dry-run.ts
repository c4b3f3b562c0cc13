import { z } from 'zod';
import type { DeepReadonly } from './deep-readonly.ts';
import { by, location, patch, request, workloadId } from './schema.ts';

/** Calls that were seen, put to the mesh as it would be. */
const replayed = z.strictObject({
  /** A workload, an identity, or what is known of somebody without one. */
  from: z.string(),
  to: workloadId,
  port: z.int().optional(),
  /** `POST /v1/charges`; absent: whatever they send. */
  operation: z.string().optional(),
  /** Requests that passed. */
  seen: z.int(),
  days: z.int(),
  last: z.string().optional(),
  /** Whether it is wanted, as far as that is stated. */
  wanted: z.enum(['declared', 'accepted', 'implied', 'not stated']),
  /** A request of it, decided. */
  witness: request.nullable(),
  /** What would refuse it. */
  by: by.nullable(),
  why: z.string(),
  /** The line of an access log, or the file of metrics, that shows it. */
  at: z.strictObject({ file: z.string(), line: z.int().optional() }),
});

const review = z.strictObject({
  readiness: z.enum(['ready', 'not ready', 'unknown']),
  /** Why it is not ready, or what is missing to tell. */
  reasons: z.array(z.string()),
  /** Calls that would be refused. */
  denies: z.array(replayed),
  /** Calls of which it cannot be told. */
  undecided: z.array(replayed),
  /** Of the kinds of calls that were seen, how many pass afterwards whatever else they bring. */
  keeps: z.strictObject({ of: z.int(), have: z.int() }),
  /** Wanted flows that pass today and would not. */
  breaks: z.array(z.string()),
});

/** The result of `dry-run`. */
export const dryRun = z.strictObject({
  window: z.strictObject({
    /** Whole days that metrics, and access logs, cover. */
    metrics: z.strictObject({ days: z.int(), from: z.string().optional(), to: z.string().optional() }),
    logs: z.strictObject({ days: z.int(), from: z.string().optional(), to: z.string().optional() }),
    files: z.array(
      z.strictObject({
        file: z.string(),
        kind: z.enum(['metrics', 'access-log']),
        from: z.string().optional(),
        to: z.string().optional(),
        sampling: z.string(),
      }),
    ),
    /** Telemetry about workloads that the input does not have. */
    unplaced: z.int(),
  }),
  policies: z.array(
    review.extend({
      namespace: z.string(),
      name: z.string(),
      action: z.string(),
      location,
      workloads: z.array(workloadId),
      /** What its shadow rules counted, where the input has it: they see the dry-run policies alone. */
      shadow: z.strictObject({ allowed: z.int(), denied: z.int() }).nullable(),
      /** Takes the annotation away. */
      patch: patch.nullable(),
      /** Cases of a PolicyTest to repeat afterwards. */
      tests: z.string(),
    }),
  ),
  /** All of them enforced at once, where there are several. */
  together: review.nullable(),
});

export type DryRun = DeepReadonly<z.infer<typeof dryRun>>;
