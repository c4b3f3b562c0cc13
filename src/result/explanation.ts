import { z } from 'zod';
import type { DeepReadonly } from './deep-readonly.ts';
import { by, patch, request } from './schema.ts';

/** The result of `explain`, as zod: one request, the verdict and everything that it rests on. */
const outcome = z.enum(['allow', 'deny', 'unknown']);
const point = z.enum(['network-policy', 'ztunnel', 'waypoint', 'sidecar', 'gateway', 'none']);

export const requirement = z.strictObject({
  kind: z.string(),
  text: z.string(),
  by: by.optional(),
});

const step = z.strictObject({
  point,
  stage: z.string(),
  outcome: z.enum(['pass', 'stop', 'note']),
  text: z.string(),
  by: by.optional(),
});

const decided = z.strictObject({
  verdict: outcome,
  by: by.nullable(),
  reason: z.string(),
  point,
  requires: z.array(requirement),
});

/**
 * What else a change turns: proven over all requests to the ports that the object has a say in (`looked`), or as far as other requests were
 * asked (`looked`). `limits`: what the change lets in or keeps out, where its shape says so.
 */
const effect = z.strictObject({
  limits: z.string().optional(),
  basis: z.enum(['proven', 'asked']),
  looked: z.int().nonnegative(),
  turned: z.int().nonnegative(),
  examples: z.array(request),
});

const changeStep = z.strictObject({
  summary: z.string(),
  patch,
  /** Where the object is made by something else, or its text cannot be edited: what to change instead. */
  byHand: z.array(z.string()).optional(),
  also: effect,
});

export const explanation = z.strictObject({
  request,
  verdict: outcome,
  requires: z.array(requirement),
  assumes: z.array(z.string()),
  /** The object that decided; null when it is the absence of one. */
  by: by.nullable(),
  reason: z.string(),
  point,
  /** What the caller sees of a refusal. */
  symptom: z.string().optional(),
  /** At a gateway: `ns/service:port`. */
  routed: z.string().optional(),
  trace: z.array(step),
  /** The request with the other verdict that differs least, decided; null: none was found; absent: not looked for. */
  nearest: z
    .strictObject({ request, changes: z.array(z.string()), decided })
    .nullable()
    .optional(),
  /** What would have to change for the other verdict, as `nearest`; without steps: no change of a policy was found. */
  change: z
    .strictObject({
      to: z.enum(['allow', 'deny']),
      advice: z.string().optional(),
      steps: z.array(changeStep),
      after: decided.nullable(),
      alternatives: z.array(changeStep),
    })
    .nullable()
    .optional(),
  /** Where a request through a service may land, if anywhere. */
  endpoints: z.array(z.strictObject({ workload: z.string(), port: z.int(), decided })).optional(),
});

export type Explanation = DeepReadonly<z.infer<typeof explanation>>;
