import { z } from 'zod';
import { SENSITIVITIES } from './status.ts';
import { request } from './schema.ts';
import type { DeepReadonly } from './deep-readonly.ts';

const sensitivity = z.enum(SENSITIVITIES);
const select = z
  .strictObject({
    namespace: z.string().optional(),
    workload: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
  })
  .refine(
    (value) => Object.values(value).some((part) => part !== undefined),
    'select something: namespace, workload or labels',
  );

const completeness = z.union([
  z.enum(['all', 'mesh-config', 'root-policies', 'network-policies', 'rbac', 'gateways']),
  z.strictObject({ namespaces: z.array(z.string()) }),
]);

/** `meshproof.yaml` (design §3). Unknown keys are errors. */
export const config = z.strictObject({
  apiVersion: z.literal('meshproof.dev/v1'),
  kind: z.literal('Config'),
  scope: z.strictObject({ complete: z.array(completeness) }).optional(),
  mesh: z
    .strictObject({
      trustDomain: z.string().optional(),
      istioVersion: z.string().optional(),
      cni: z.enum(['enforces-network-policy', 'ignores-network-policy']).optional(),
    })
    .optional(),
  assets: z.array(z.strictObject({ select, sensitivity, why: z.string().optional() })).optional(),
  entries: z.array(z.string()).optional(),
  wanted: z
    .array(
      z.strictObject({
        from: z.string(),
        to: z.string(),
        methods: z.array(z.string()).optional(),
        paths: z.array(z.string()).optional(),
      }),
    )
    .optional(),
  owners: z
    .strictObject({
      label: z.string().optional(),
      annotation: z.string().optional(),
      codeowners: z.string().optional(),
    })
    .optional(),
  exceptions: z
    .array(
      z.strictObject({
        rule: z.string(),
        select,
        reason: z.string(),
        owner: z.string().optional(),
        until: z.string().optional(),
      }),
    )
    .optional(),
  observations: z
    .array(
      z.strictObject({
        workload: z.string(),
        saw: z.union([z.string(), z.strictObject({ allows: request }), z.strictObject({ denies: request })]),
        at: z.string().optional(),
        by: z.string().optional(),
        how: z.string().optional(),
      }),
    )
    .optional(),
});

export type Config = DeepReadonly<z.infer<typeof config>>;
