import { z } from 'zod';
import { auditResult } from './schema.ts';

/** The published JSON Schema (draft 2020-12) of an audit result, made from the zod definition. */
export function createResultJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(auditResult, {
    target: 'draft-2020-12',
    override({ jsonSchema }) {
      // What a double holds exactly is a limit of this program, not of the contract.
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return { $schema, title: 'Meshproof audit result, schemaVersion 1', ...schema };
}
