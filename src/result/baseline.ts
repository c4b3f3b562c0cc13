import { z } from 'zod';

/** What was known at some time (`--write-baseline`), so that a later run can tell what is new. Reviewed and kept in Git. */
export const baseline = z.strictObject({
  apiVersion: z.literal('meshproof.dev/v1'),
  kind: z.literal('Baseline'),
  findings: z.array(
    z.strictObject({
      id: z.string(),
      fingerprint: z.string(),
      severity: z.enum(['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL']),
      title: z.string(),
      /** What it affected, sorted: `Deployment payments/ledger:8080`. */
      subjects: z.array(z.string()),
    }),
  ),
});

export type Baseline = z.infer<typeof baseline>;
