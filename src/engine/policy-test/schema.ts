import { z } from 'zod';
import { request } from '../../result/schema.ts';

const header = z.union([z.record(z.string(), z.string()), z.array(z.tuple([z.string(), z.string()]))]);

const target = z.union([
  z.enum(['internet', 'pod-outside-mesh']),
  z.string(),
  z.strictObject({ namespace: z.string() }),
  z.strictObject({ labels: z.record(z.string(), z.string()) }),
  z.strictObject({ sensitivity: z.enum(['critical', 'high', 'medium', 'low', 'none']) }),
]);

const oneOrMore = <T extends z.ZodType>(item: T) => z.union([item, z.array(item).min(1)]);

/** Requests that fit everything given are exempt; values as in policies (`*`, `prefix*`, `*suffix`). */
const unless = z
  .strictObject({
    jwt: z.string().optional(),
    principal: oneOrMore(z.string()).optional(),
    port: oneOrMore(z.int()).optional(),
    http: z
      .strictObject({ methods: z.array(z.string()).min(1).optional(), paths: z.array(z.string()).min(1).optional() })
      .optional(),
  })
  .refine((value) => Object.keys(value).length > 0, 'says nothing: give jwt, principal, port or http');

const manifest = z.record(z.string(), z.unknown());

/** A PolicyTest document (design §5). */
export const policyTest = z.strictObject({
  apiVersion: z.literal('meshproof.dev/v1'),
  kind: z.literal('PolicyTest'),
  metadata: z.looseObject({ name: z.string().optional() }).optional(),
  resources: z
    .array(
      z.union([
        z.string(),
        z.strictObject({ cluster: z.string().min(1), resources: z.array(z.union([z.string(), manifest])) }),
        manifest,
      ]),
    )
    .optional(),
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
        never: z.strictObject({ from: target, to: target, unless: unless.optional() }),
      }),
    )
    .optional(),
});

export type PolicyTest = z.infer<typeof policyTest>;
