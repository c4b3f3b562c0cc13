import { z } from 'zod';
import { config } from '../result/config.ts';
import { createResultJsonSchema } from '../result/json-schema.ts';
import { policyTest } from './policy-test/schema.ts';

/** The JSON Schemas that are published, by file; `npm run schema` writes them. */
export const SCHEMAS: Readonly<Record<string, () => Record<string, unknown>>> = {
  'docs/result.schema.json': createResultJsonSchema,
  'docs/config.schema.json': () => titled('meshproof.yaml', config),
  'docs/policy-test.schema.json': () => titled('PolicyTest, meshproof.dev/v1', policyTest),
};

function titled(title: string, schema: z.ZodType): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' });
  return { $schema, title, ...rest };
}
