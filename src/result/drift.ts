import { z } from 'zod';
import type { DeepReadonly } from './deep-readonly.ts';
import { request, workloadId } from './schema.ts';

const proof = z.strictObject({
  /** `verified`: on all replicas; `loaded`: what was seen agrees, and replicas or time are missing; `open`: it could not be compared. */
  state: z.enum(['verified', 'loaded', 'contradicted', 'open']),
  why: z.string(),
});

const proxy = z.strictObject({ pod: z.string(), file: z.string(), at: z.string().optional() });
const mode = z.enum(['STRICT', 'PERMISSIVE', 'DISABLE', 'none']);

/** The result of `drift`. */
export const driftAnswer = z.strictObject({
  /** Nothing that was seen contradicts the configuration. */
  agrees: z.boolean(),
  /** Workloads of the mesh, and how many of them something was seen of. */
  looked: z.strictObject({ of: z.int(), have: z.int() }),
  workloads: z.array(
    z.strictObject({
      workload: workloadId,
      dataPlane: z.string(),
      replicas: z.strictObject({ have: z.int(), of: z.int().nullable() }),
      proxies: z.array(proxy),
      captured: proof,
      ports: z.array(
        z.strictObject({
          port: z.int(),
          mtls: z.strictObject({ ...proof.shape, configured: mode, holds: mode.optional() }),
          policies: proof,
          tokens: proof,
          /** Of a gateway: where it may lead requests, by host. */
          routes: proof.optional(),
        }),
      ),
      drifts: z.array(
        z.strictObject({
          kind: z.enum(['policies', 'mutual-tls', 'tokens', 'rejected', 'not-captured', 'serving']),
          port: z.int().optional(),
          /** Which of the two lets more through. */
          looser: z.enum(['proxy', 'configuration']).optional(),
          what: z.string(),
          /** A request that the two treat differently. */
          witness: request.optional(),
          /** The likeliest first. */
          causes: z.array(z.string()),
          proxies: z.array(proxy),
        }),
      ),
    }),
  ),
  /** Objects of which istiod holds something else than the input has. */
  objects: z.array(
    z.strictObject({
      /** `missing`: istiod does not have it; `extra`: the input does not; `different`: both, and `fields` differ. */
      state: z.enum(['missing', 'extra', 'different']),
      kind: z.string(),
      namespace: z.string(),
      name: z.string(),
      fields: z.array(z.string()),
      file: z.string(),
    }),
  ),
  /** Nothing was seen of these. */
  unseen: z.array(workloadId),
  /** What was seen and belongs to nothing in the input. */
  strangers: z.array(z.string()),
});

export type DriftAnswer = DeepReadonly<z.infer<typeof driftAnswer>>;
