import { z } from 'zod';
import type { DeepReadonly } from './deep-readonly.ts';
import { request } from './schema.ts';

/** One line of the results of `test --live` or of its script. */
export const probeResult = z.strictObject({
  apiVersion: z.literal('meshproof.dev/v1'),
  kind: z.literal('ProbeResult'),
  id: z.int(),
  suite: z.string(),
  name: z.string(),
  expect: z.enum(['allow', 'deny']),
  control: z.int().optional(),
  request,
  pod: z.string(),
  client: z.enum(['curl', 'wget', 'python3', 'node', 'bash', 'none', 'failed']),
  at: z.string(),
  exit: z.int(),
  code: z.int(),
  server: z.string(),
  said: z.string(),
  bytes: z.int(),
});

export type ProbeLine = DeepReadonly<z.infer<typeof probeResult>>;
