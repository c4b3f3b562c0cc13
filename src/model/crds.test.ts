import { existsSync, readFileSync } from 'node:fs';
import { loadAll } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { decodeObjects } from './decode.ts';
import { KINDS } from './kinds.ts';

interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly 'x-kubernetes-int-or-string'?: boolean;
}

interface CustomResourceDefinition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

const FILE = '../shared/corpus/istio/crds.yaml';

/** Values that between them have every field, every list entry and every enum value of a schema. */
function samples(schema: Schema): unknown[] {
  if (schema['x-kubernetes-int-or-string']) return [8080, 'http'];
  if (schema.enum) return [...schema.enum];
  if (schema.type === 'array') return [schema.items ? samples(schema.items) : []];
  if (schema.type === 'integer' || schema.type === 'number') return [80];
  if (schema.type === 'boolean') return [true];
  if (schema.type !== 'object') return ['text'];
  if (schema.additionalProperties) return samples(schema.additionalProperties).map((value) => ({ 80: value }));
  const columns = Object.entries(schema.properties ?? {}).map(([field, inner]) => [field, samples(inner)] as const);
  const rows = Math.max(1, ...columns.map(([, values]) => values.length));
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(columns.map(([field, values]) => [field, values[row % values.length]])),
  );
}

describe.skipIf(!existsSync(FILE))(`the CRDs of Istio (needs ${FILE})`, () => {
  const text = existsSync(FILE) ? readFileSync(FILE, 'utf8') : '';
  const definitions = (loadAll(text) as (CustomResourceDefinition | null)[]).filter((entry) => entry !== null);
  const cases = definitions.flatMap(({ spec }) => {
    const modelled = KINDS.find(({ group, kind }) => group === spec.group && kind === spec.names.kind);
    return modelled
      ? spec.versions.map((version) => ({ spec, version, label: `${spec.names.kind} ${version.name}` }))
      : [];
  });

  const decodeSpec = ({ spec, version }: (typeof cases)[number], value: unknown) =>
    decodeObjects([
      {
        cluster: '',
        origin: { source: 'sample', line: 1, locate: () => ({ file: 'sample', line: 1, column: 1 }) },
        value: {
          apiVersion: `${spec.group}/${version.name}`,
          kind: spec.names.kind,
          metadata: { name: 'sample', namespace: 'default' },
          spec: value,
        },
      },
    ]);

  it('cover all of Istio', () => {
    expect(new Set(cases.map(({ spec }) => spec.names.kind)).size).toBe(15);
  });

  it.each(cases)('$label: every field, type and enum value is known', (entry) => {
    const schema = entry.version.schema.openAPIV3Schema.properties?.spec ?? {};
    for (const sample of samples(schema)) {
      const { resources, diagnostics } = decodeSpec(entry, sample);
      const about = diagnostics.filter(({ message }) => !message.startsWith("Istio's webhook"));
      expect(about).toEqual([]);
      expect(resources.size).toBe(1);
    }
  });

  it.each(cases)('$label: an unknown field is reported', (entry) => {
    const schema = entry.version.schema.openAPIV3Schema.properties?.spec ?? {};
    const { diagnostics } = decodeSpec(entry, { ...(samples(schema)[0] as object), zzzz: 'x' });
    expect(diagnostics.some(({ message }) => message.includes('`spec.zzzz` is no field'))).toBe(true);
  });
});
