import { z } from 'zod';
import type { DeepReadonly } from './deep-readonly.ts';
import { request, workloadId } from './schema.ts';

const reached = z.strictObject({
  workload: workloadId,
  port: z.int(),
  as: z.enum(['identity', 'plaintext']),
  witness: request,
  /** Where the outcome is not settled: what it rests on. */
  assumes: z.array(z.string()),
});

/** What a workload that was taken over can do. */
const power = z.strictObject({
  reaches: z.array(reached),
  /** With its certificate or token from any other place in the cluster. */
  asIdentity: z.array(reached),
  /** Ports of its own that others get to. */
  reachedBy: z.array(z.strictObject({ port: z.int(), from: z.string() })),
  /** What its rights and its node give. */
  rights: z.array(z.strictObject({ how: z.string(), why: z.string() })),
});

/** The result of `contain`. */
export const containment = z.strictObject({
  workload: workloadId,
  identity: z.string().nullable(),
  /** Workloads that lose their identity's access with it. */
  sharedWith: z.array(workloadId),
  objects: z.array(
    z.strictObject({
      kind: z.string(),
      namespace: z.string(),
      name: z.string(),
      cluster: z.string().optional(),
      how: z.enum(['new', 'edited', 'removed']),
      why: z.string(),
      /** As it would be; of a removed one as it was. */
      manifest: z.string(),
      /** As it is, where there is one. */
      before: z.string().optional(),
    }),
  ),
  before: power,
  after: power,
  /** Wanted calls that pass today and would not. */
  costs: z.array(
    z.strictObject({ from: z.string(), to: z.string(), operation: z.string().optional(), basis: z.string() }),
  ),
  keeps: z.strictObject({ of: z.int(), have: z.int() }),
  /** What it does not stop, and what to do about it. */
  remains: z.array(z.string()),
  contained: z.boolean(),
  apply: z.array(z.string()),
  rollback: z.array(z.string()),
  out: z.strictObject({ folder: z.string(), files: z.array(z.string()) }).optional(),
});

export type Containment = DeepReadonly<z.infer<typeof containment>>;
