import { z } from 'zod';
import type { DeepReadonly } from './deep-readonly.ts';
import { explanation } from './explanation.ts';
import { by } from './schema.ts';

/** The result of `why-denied`, as zod: what a log line says, and what the model says about the same request. */
export const denial = z.strictObject({
  seen: z.strictObject({
    kind: z.enum(['envoy', 'ztunnel', 'stated']),
    code: z.int().optional(),
    flags: z.string().optional(),
    details: z.string().optional(),
    error: z.string().optional(),
    /** The policy that the proxy names. */
    policy: z
      .strictObject({ namespace: z.string(), name: z.string(), rule: z.int().optional(), found: by.nullable() })
      .optional(),
  }),
  /** What the line means, in words. */
  meaning: z.string(),
  /** Whether something of the mesh refused, as opposed to an application or a broken backend. */
  byMesh: z.boolean(),
  /** Whether the model refuses the request too; null: there is nothing to compare. */
  agrees: z.boolean().nullable(),
  agreement: z.string(),
  /** What was taken for granted where the line does not say. */
  notes: z.array(z.string()),
  explanation,
});

export type Denial = DeepReadonly<z.infer<typeof denial>>;
