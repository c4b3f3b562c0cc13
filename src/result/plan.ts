import { z } from 'zod';
import type { DeepReadonly } from './deep-readonly.ts';
import { auditResult, plan } from './schema.ts';

const { verdict, score } = auditResult.shape;

/** How a mesh stands: what an audit of it says, in a few figures. */
const standing = z.strictObject({
  verdict,
  score: score.omit({ cappedBy: true, withExceptions: true }),
  findings: z.record(z.string(), z.int()),
  /** Paths with an excess hop, by severity. */
  paths: z.record(z.string(), z.int()),
});

/** The result of `plan`. */
export const planAnswer = z.strictObject({
  plan,
  /** What was asked for with `--step`, by id. */
  step: z.string().optional(),
  now: standing,
  /** With all steps made, on the model. */
  planned: standing,
  /** What the whole plan closes. */
  closes: z.strictObject({ findings: z.array(z.string()), paths: z.array(z.string()) }),
  /** Patch files, where they were asked for. */
  out: z.strictObject({ folder: z.string(), files: z.array(z.string()) }).optional(),
  /** What `--write` did, and what an audit of the input says afterwards. */
  written: z
    .strictObject({
      steps: z.array(
        z.strictObject({
          step: z.string(),
          files: z.array(
            z.strictObject({
              file: z.string(),
              how: z.enum(['edited', 'new', 'removed']),
              objects: z.array(z.string()),
            }),
          ),
        }),
      ),
      leftOut: z.array(z.strictObject({ step: z.string(), why: z.string(), help: z.string() })),
      after: standing,
      /** Wanted calls of the steps that pass, of those that passed before. */
      keeps: z.strictObject({ of: z.int(), have: z.int() }),
      /** New findings about policies of the plan that are on trial, and enforce nothing yet. */
      onTrial: z.int(),
      /** What did not come as the model said; empty: all did. */
      broken: z.array(z.string()),
    })
    .optional(),
});

export type PlanAnswer = DeepReadonly<z.infer<typeof planAnswer>>;
export type Standing = PlanAnswer['now'];
