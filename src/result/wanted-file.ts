import { z } from 'zod';

/** What `wanted --learn` writes (method.md, rule 8). Unknown keys are errors. */
export const wantedFile = z.strictObject({
  apiVersion: z.literal('meshproof.dev/v1'),
  kind: z.literal('Wanted'),
  /** Who read the flows and wants them; empty: nothing counts. */
  reviewedBy: z
    .string()
    .nullish()
    .transform((name) => name ?? ''),
  /** Where the flows were seen: for people. */
  window: z
    .strictObject({ from: z.string().optional(), to: z.string().optional(), days: z.int().optional() })
    .optional(),
  flows: z.array(
    z.strictObject({
      /** `ns/workload`. */
      from: z.string(),
      /** `ns/workload` or `ns/workload:port`. */
      to: z.string(),
      methods: z.array(z.string()).optional(),
      paths: z.array(z.string()).optional(),
    }),
  ),
});
