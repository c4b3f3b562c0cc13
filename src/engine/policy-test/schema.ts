import { z } from 'zod';
import { request } from '../../result/schema.ts';

const header = z.union([z.record(z.string(), z.string()), z.array(z.tuple([z.string(), z.string()]))]);

const target = z.union([
  z.enum(['internet', 'pod-outside-mesh']),
  z.string(),
  z.strictObject({ namespace: z.string() }),
  z.strictObject({ labels: z.record(z.string(), z.string()) }),
  z.strictObject({ sensitivity: z.string() }),
]);

/** A PolicyTest document (design §5). Invariants are read and reported as not decided until the engine can prove them. */
export const policyTest = z.strictObject({
  apiVersion: z.literal('meshproof.dev/v1'),
  kind: z.literal('PolicyTest'),
  metadata: z.looseObject({ name: z.string().optional() }).optional(),
  resources: z.array(z.union([z.string(), z.record(z.string(), z.unknown())])).optional(),
  cases: z
    .array(
      z.strictObject({
        name: z.string().optional(),
        request: request.extend({
          http: z
            .strictObject({
              method: z.string().default('GET'),
              path: z.string().default('/'),
              host: z.string().optional(),
              headers: header.optional(),
            })
            .optional(),
        }),
        expect: z.enum(['allow', 'deny', 'unknown']),
        by: z.string().optional(),
        routed: z.string().optional(),
      }),
    )
    .optional(),
  invariants: z
    .array(
      z.strictObject({
        name: z.string(),
        never: z.strictObject({ from: target, to: target, unless: z.record(z.string(), z.unknown()).optional() }),
      }),
    )
    .optional(),
});

export type PolicyTest = z.infer<typeof policyTest>;
