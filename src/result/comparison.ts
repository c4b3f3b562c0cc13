import { z } from 'zod';
import type { DeepReadonly } from './deep-readonly.ts';
import { requirement } from './explanation.ts';
import { by, principal, request, workloadId } from './schema.ts';

/** Requests whose verdict a change turns, with one of them. `by` and `reason`: of the state in which it passes; `other`: where it is refused. */
const turned = z.strictObject({
  workload: workloadId,
  port: z.int(),
  who: z.enum(['anyone', 'any-identity', 'identities', 'workload', 'pod-outside-mesh', 'internet', 'node-network']),
  identities: z.array(principal).optional(),
  source: workloadId.optional(),
  gateway: workloadId.optional(),
  witness: request,
  verdict: z.enum(['allow', 'unknown']),
  requires: z.array(requirement),
  assumes: z.array(z.string()),
  by: by.nullable(),
  reason: z.string(),
  other: z.strictObject({ by: by.nullable(), reason: z.string() }),
});

const finding = z.strictObject({
  id: z.string(),
  fingerprint: z.string(),
  title: z.string(),
  severity: z.string(),
});

/** An attack path that only one of the states has, or has at less cost: fewer breaches, fewer requirements, fewer steps. */
const path = z.strictObject({
  id: z.string(),
  severity: z.string(),
  path: z.string(),
  breaches: z.int(),
  before: z.strictObject({ path: z.string(), breaches: z.int() }).optional(),
});

/** The result of `diff` and `whatif`. */
export const comparison = z.strictObject({
  /** Of `whatif`: what was changed, in words. */
  changes: z.array(z.string()).optional(),
  /** Refused before, passes now. */
  opened: z.array(turned),
  /** Passed before, refused now. */
  closed: z.array(turned),
  /** Attack paths that the change opens, or makes easier, and those that it closes, or makes harder. */
  paths: z.strictObject({ opened: z.array(path), closed: z.array(path) }),
  /** Workloads that only one of the states has: their own reach is no opening. */
  workloads: z.strictObject({ added: z.array(workloadId), removed: z.array(workloadId) }),
  findings: z.strictObject({ added: z.array(finding), removed: z.array(finding) }),
  /** Wanted flows that pass before and not after as they are; `needs`: what they would have to bring to pass. */
  breaks: z.array(
    z.strictObject({
      from: z.string(),
      to: workloadId,
      port: z.int().optional(),
      basis: z.string(),
      needs: z.string().optional(),
    }),
  ),
});

export type Comparison = DeepReadonly<z.infer<typeof comparison>>;
