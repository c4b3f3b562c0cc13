import { z } from 'zod';
import { comparison } from '../result/comparison.ts';
import { config } from '../result/config.ts';
import { containment } from '../result/containment.ts';
import { denial } from '../result/denial.ts';
import { dryRun } from '../result/dry-run.ts';
import { driftAnswer } from '../result/drift.ts';
import { explanation } from '../result/explanation.ts';
import { createResultJsonSchema } from '../result/json-schema.ts';
import { planAnswer } from '../result/plan.ts';
import { learnt } from '../result/learnt.ts';
import { reach } from '../result/reach.ts';
import { probeResult } from '../result/probe-result.ts';
import { pathsAnswer } from '../result/paths.ts';
import { mutation } from '../result/mutation.ts';
import { wantedFile } from '../result/wanted-file.ts';
import { policyTest } from './policy-test/schema.ts';

/** The JSON Schemas that are published, by file; `npm run schema` writes them. */
export const SCHEMAS: Readonly<Record<string, () => Record<string, unknown>>> = {
  'docs/result.schema.json': createResultJsonSchema,
  'docs/config.schema.json': () => titled('meshproof.yaml', config),
  'docs/explanation.schema.json': () => titled('Result of meshproof explain', explanation, 'output'),
  'docs/denial.schema.json': () => titled('Result of meshproof why-denied', denial, 'output'),
  'docs/reach.schema.json': () => titled('Result of meshproof reach', reach, 'output'),
  'docs/paths.schema.json': () => titled('Result of meshproof paths', pathsAnswer, 'output'),
  'docs/comparison.schema.json': () => titled('Result of meshproof diff and whatif', comparison, 'output'),
  'docs/plan.schema.json': () => titled('Result of meshproof plan', planAnswer, 'output'),
  'docs/containment.schema.json': () => titled('Result of meshproof contain', containment, 'output'),
  'docs/mutation.schema.json': () => titled('Result of meshproof test --mutate', mutation, 'output'),
  'docs/dry-run.schema.json': () => titled('Result of meshproof dry-run', dryRun, 'output'),
  'docs/learnt.schema.json': () => titled('Result of meshproof wanted --learn', learnt, 'output'),
  'docs/wanted.schema.json': () => titled('Wanted, meshproof.dev/v1', wantedFile),
  'docs/drift.schema.json': () => titled('Result of meshproof drift', driftAnswer, 'output'),
  'docs/probe-result.schema.json': () => titled('A line of the results of meshproof test --live', probeResult),
  'docs/policy-test.schema.json': () => titled('PolicyTest, meshproof.dev/v1', policyTest),
};

function titled(title: string, schema: z.ZodType, io: 'input' | 'output' = 'input'): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io });
  return { $schema, title, ...rest };
}
